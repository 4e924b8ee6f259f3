import Corpus
import Formats
import Optimization
import Pretraining
import Testing

/// Keys that are valid individually but inconsistent.
@Suite struct ValidationTests {
    @Test(arguments: [
        (
            "model: {hidden_size: 250}",
            "run.yaml:1: model.hidden_size (250) must be a multiple of "
                + "model.num_attention_heads (4)"
        ),
        (
            "model:\n  num_attention_heads: 3",
            "run.yaml:2: model.hidden_size (256) must be a multiple of "
                + "model.num_attention_heads (3)"
        ),
        (
            "data: {sequence_length: 1024}",
            "run.yaml:1: data.sequence_length (1024) is more than "
                + "model.max_position_embeddings (512)"
        ),
        (
            "model: {vocab_size: 10, pad_token_id: 10}",
            "run.yaml:1: model.pad_token_id (10) must be below model.vocab_size (10)"
        ),
        (
            "masking: {mask: 0.7}",
            "run.yaml:1: masking.mask + masking.random + masking.keep must be 1, "
                + "found 0.7 + 0.1 + 0.1 = 0.8999999999999999"
        ),
        (
            "data:\n  sequence_length: 16",
            "run.yaml:2: masking.max_predictions (20) is more than the 13 tokens of "
                + "data.sequence_length (16) that can be masked"
        ),
        (
            "batch:\n  global: 8",
            "run.yaml:2: batch.micro (16) is more than batch.global (8)"
        ),
        (
            "schedule: {total_steps: 50}",
            "run.yaml:1: schedule.warmup_steps (100) is more than schedule.total_steps (50)"
        ),
        (
            "precision: {loss_scale: {minimum: 2, initial: 1}}",
            "run.yaml:1: precision.loss_scale.minimum (2.0) is more than "
                + "precision.loss_scale.initial (1.0)"
        ),
        (
            "phases:\n- {}\n- schedule:\n    total_steps: 50",
            "run.yaml:4: phases[1].schedule.warmup_steps (100) is more than "
                + "schedule.total_steps (50)"
        ),
    ])
    func theFirstKeyThatWasGivenIsNamed(text: String, message: String) {
        #expect(failure(of: text) == message)
    }

    @Test func masksMaySumToOneInDecimals() throws {
        _ = try RunConfiguration.parse("masking: {mask: 0.7, random: 0.2, keep: 0.1}", name: "x")
        _ = try RunConfiguration.parse("masking: {mask: 1, random: 0, keep: 0}", name: "x")
    }

    @Test func whatACheckpointDecidesIsNotChecked() throws {
        _ = try RunConfiguration.parse(
            "model: {initialize_from: there}\ndata: {sequence_length: 1024}", name: "x")
    }

    @Test func whatAllPhasesOverrideNeedNotFit() throws {
        let read = try RunConfiguration.parse(
            "schedule: {total_steps: 5}\nphases: [{schedule: {warmup_steps: 0}}]", name: "x")
        try read.validate()
        #expect(read.totalSteps == 5)
    }

    @Test func everyRankNeedsASequence() throws {
        var configuration = RunConfiguration()
        configuration.batch.global = 16
        try configuration.validate(ranks: 16)
        let error = #expect(throws: ConfigurationError.self) {
            try configuration.validate(ranks: 17)
        }
        #expect(
            error?.description == "batch.global is 16, less than the 17 ranks: some would have "
                + "nothing to do; use at most 16 ranks or raise batch.global")
    }

    @Test func sharesAddUpForAnyNumberOfRanks() {
        var batch = RunConfiguration.Batch()
        for global in [1, 2, 7, 16, 255, 256, 257] {
            batch.global = global
            batch.micro = 3
            for ranks in [1, 2, 3, 5, 8, 13] {
                let shares = (0..<ranks).map { batch.share(rank: $0, ranks: ranks) }
                #expect(shares.reduce(0, +) == global)
                #expect(shares[0] - shares[ranks - 1] <= 1)
                #expect(batch.accumulation(ranks: ranks) == (shares[0] + 2) / 3)
            }
        }
    }

    @Test func aProgramsOwnConfigurationIsChecked() {
        var configuration = RunConfiguration()
        configuration.schedule.totalSteps = 1
        #expect(throws: ConfigurationError.self) { try configuration.validate() }
    }
}
