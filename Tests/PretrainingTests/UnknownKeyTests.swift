import Formats
import Pretraining
import Testing

/// Description of the error for `text`, or "no error".
func failure(
    of text: String, name: String = "run.yaml", overrides: [String] = []
) -> String {
    do throws(ConfigurationError) {
        _ = try RunConfiguration.parse(text, name: name, overrides: overrides)
        return "no error"
    } catch {
        return error.description
    }
}

/// Unknown keys: their location and the intended key.
@Suite struct UnknownKeyTests {
    @Test func ofManyTheFirstAreShown() {
        let text = (1...1000).map { "key\($0): 1\n" }.joined()
        let lines = failure(of: text).split(separator: "\n")
        #expect(lines.count == 52)
        #expect(lines.first == "1000 problems in the configuration:")
        #expect(lines.last == "  and 950 more")
    }

    @Test(arguments: [
        (
            "optimizer:\n  learnin_rate: 1",
            "run.yaml:2: unknown key optimizer.learnin_rate; "
                + "did you mean optimizer.learning_rate?"
        ),
        (
            "optimizer: {beta3: 1}",
            "run.yaml:1: unknown key optimizer.beta3; did you mean optimizer.beta1?"
        ),
        (
            "\n\nlearning_rate: 1",
            "run.yaml:3: unknown key learning_rate; "
                + "learning_rate belongs under optimizer (optimizer.learning_rate)"
        ),
        (
            "data:\n  learning_rate: 1",
            "run.yaml:2: unknown key data.learning_rate; "
                + "learning_rate belongs under optimizer (optimizer.learning_rate)"
        ),
        (
            "run: {every_steps: 1}",
            "run.yaml:1: unknown key run.every_steps; every_steps belongs under "
                + "evaluation or checkpoint (evaluation.every_steps)"
        ),
        (
            "optimiser: {name: lamb}",
            "run.yaml:1: unknown key optimiser; did you mean optimizer?"
        ),
        (
            "optimizer.learning_rate: 1",
            "run.yaml:1: unknown key optimizer.learning_rate; "
                + "learning_rate belongs under optimizer (optimizer.learning_rate)"
        ),
        (
            "data: {max_seq_length: 128}",
            "run.yaml:1: unknown key data.max_seq_length; did you mean data.sequence_length?"
        ),
        (
            "optimizer: {lr: 1e-4}",
            "run.yaml:1: unknown key optimizer.lr; did you mean optimizer.learning_rate?"
        ),
        (
            "batch: {zzzzzz: 1}",
            "run.yaml:1: unknown key batch.zzzzzz; the keys of batch are global, micro"
        ),
        (
            "precision: {loss_scale: {inital: 2}}",
            "run.yaml:1: unknown key precision.loss_scale.inital; "
                + "did you mean precision.loss_scale.initial?"
        ),
        (
            "phases:\n- batch: {globl: 8}",
            "run.yaml:2: unknown key phases[0].batch.globl; did you mean phases[0].batch.global?"
        ),
    ])
    func aSuggestionIsMade(text: String, message: String) {
        #expect(failure(of: text) == message)
    }

    @Test func whatATerminalObeysIsEscapedAndLongNamesAreCut() {
        let long = String(repeating: "k", count: 500)
        #expect(
            failure(of: "batch: {\"a\\e[2J\": 1}")
                == "run.yaml:1: unknown key batch.a\\u{1B}[2J; "
                + "the keys of batch are global, micro")
        #expect(failure(of: "batch: {\(long): 1}").count < 200)
    }

    @Test func severalProblemsAreListedTogetherInOrder() {
        let text = """
            run: {nam: a}
            batch:
              global: 0
              micro: many
            schedul: {}
            """
        #expect(
            failure(of: text, overrides: ["model.preset=bert", "nothing"]) == """
                6 problems in the configuration:
                  --set nothing: there is no =; write key.path=value, such as batch.global=64
                  run.yaml:1: unknown key run.nam; did you mean run.name?
                  run.yaml:3: batch.global must be an integer from 1 to 16777216, found 0
                  run.yaml:4: batch.micro must be an integer from 1 to 65536, found many
                  run.yaml:5: unknown key schedul; did you mean schedule?
                  --set model.preset=bert: model.preset must be one of bert-tiny, bert-mini, \
                bert-small, bert-medium, bert-base, bert-large, found bert
                """)
    }

    @Test func theErrorEndsAProgramWithEX_CONFIG() {
        let error = #expect(throws: ConfigurationError.self) {
            try RunConfiguration.parse("a: b", name: "x")
        }
        #expect(error?.exitCode == 78)
        #expect(error?.problems.count == 1)
        #expect(error?.problems.first?.location == "x:1")
    }
}
