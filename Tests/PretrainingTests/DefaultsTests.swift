import BERT
import Corpus
import Distributed
import Kernels
import Optimization
import Pretraining
import Runtime
import Tensors
import Testing

/// Every default, as specified by `docs/configuration.md` and the design.
@Suite struct DefaultsTests {
    let configuration = RunConfiguration()

    @Test func anEmptyFileHoldsTheDefaults() throws {
        for text in ["", "\n", "# nothing\n", "---\n", "{}", "run:\nmodel:\ndata: {}\n"] {
            #expect(try RunConfiguration.parse(text, name: "empty.yaml") == configuration)
        }
        #expect(try RunConfiguration.load(path: nil) == configuration)
    }

    @Test func runAndData() {
        #expect(configuration.run.name == "quickstart")
        #expect(configuration.run.seed == 1234)
        #expect(configuration.run.directory == "Checkpoints")
        #expect(configuration.data.train == [] && configuration.data.heldout == [])
        #expect(configuration.data.format == .corpus)
        #expect(configuration.samples.order == .shuffled)
        #expect(configuration.samples.sequenceLength == 128)
        #expect(configuration.samples.shortSequenceProbability == 0.1)
    }

    @Test func modelIsBERTMini() {
        let model = configuration.model
        #expect(model.preset == .mini && configuration.modelFiles.initializeFrom == nil)
        #expect(configuration.modelFiles.vocabulary == nil)
        #expect(model.vocabularySize == nil && model.classifierDropout == nil)
        let architecture = model.configuration(vocabularySize: 77)
        #expect(architecture.vocabularySize == 77)
        #expect(architecture.hiddenSize == 256 && architecture.layers == 4)
        #expect(architecture.heads == 4 && architecture.intermediateSize == 1024)
        #expect(architecture.activation == .gelu)
        #expect(architecture.hiddenDropout == 0.1)
        #expect(architecture.attentionDropout == 0.1)
        #expect(architecture.maximumPositions == 512 && architecture.segmentKinds == 2)
        #expect(architecture.initializerRange == 0.02 && architecture.layerNormEpsilon == 1e-12)
        #expect(architecture.paddingID == 0)
    }

    @Test(arguments: [
        (ModelPreset.tiny, 2, 128, 2, 512), (.mini, 4, 256, 4, 1024), (.small, 4, 512, 8, 2048),
        (.medium, 8, 512, 8, 2048), (.base, 12, 768, 12, 3072), (.large, 24, 1024, 16, 4096),
    ])
    func presetsHaveGooglesSizes(
        preset: ModelPreset, layers: Int, hidden: Int, heads: Int, intermediate: Int
    ) {
        let architecture = BERTConfiguration(preset)
        #expect(architecture.layers == layers)
        #expect(architecture.hiddenSize == hidden)
        #expect(architecture.heads == heads)
        #expect(architecture.intermediateSize == intermediate)
    }

    @Test func maskingAndBatch() {
        let masking = configuration.samples.masking
        #expect(masking.probability == 0.15 && masking.maximumPredictions == 20)
        #expect(masking.maskShare == 0.8 && masking.randomShare == 0.1 && masking.keepShare == 0.1)
        #expect(masking.unit == .token)
        #expect(configuration.batch.global == 256 && configuration.batch.micro == 16)
    }

    @Test func optimizerAndSchedule() throws {
        let optimizer = configuration.optimizer
        #expect(optimizer.name == .adamw && optimizer.learningRate == 1e-4)
        #expect(optimizer.beta1 == 0.9 && optimizer.beta2 == 0.999)
        #expect(optimizer.epsilon == 1e-6 && optimizer.weightDecay == 0.01)
        #expect(optimizer.clippingNorm == 1 && !optimizer.correctsBias)
        #expect(configuration.schedule.name == .linear && configuration.schedule.power == 1)
        #expect(configuration.schedule.warmupSteps == 100)
        #expect(configuration.schedule.totalSteps == 1000)
        let lamb = try RunConfiguration.load(path: nil, overrides: ["optimizer.name=lamb"])
        #expect(lamb.optimizer.correctsBias)
        let without = try RunConfiguration.load(
            path: nil, overrides: ["optimizer={name: lamb, bias_correction: false}"])
        #expect(!without.optimizer.correctsBias)
    }

    @Test func precision() {
        #expect(configuration.precision.compute == .fp32)
        var scale = LossScaler.Dynamic()
        #expect(configuration.precision.effectiveLossScale == .fixed(1))
        var half = configuration.precision
        half.compute = .bf16
        #expect(half.effectiveLossScale == .fixed(1))
        half.compute = .fp16
        #expect(half.effectiveLossScale == .dynamic(scale))
        #expect(scale.initial == 65536 && scale.growth == 2 && scale.backoff == 0.5)
        #expect(scale.interval == 2000 && scale.minimum == 1 && scale.hysteresis == 1)
        scale.initial = 1
        half.lossScale = .dynamic(scale)
        #expect(half.effectiveLossScale == .dynamic(scale))
    }

    @Test func theResolvedLossScaleIsWrittenOut() throws {
        for (compute, expected) in [
            ("fp32", "1.0"), ("bf16", "1.0"), ("fp16", "{initial: 65536.0"),
        ] {
            let read = try RunConfiguration.load(
                path: nil, overrides: ["precision.compute=\(compute)"])
            #expect(read.yaml.contains("  loss_scale: null\n"))
            #expect(read.resolved().yaml.contains("  loss_scale: \(expected)"))
        }
    }

    @Test func evaluationCheckpointParallelAndPhases() {
        #expect(configuration.evaluation.everySteps == 200)
        #expect(configuration.evaluation.maxSequences == 10_000)
        #expect(configuration.checkpoint.everySteps == 500)
        #expect(configuration.checkpoint.everyMinutes == 15)
        #expect(configuration.checkpoint.keepLast == 3 && configuration.checkpoint.keepEvery == 0)
        #expect(configuration.parallel.threads == .auto && configuration.parallel.pin)
        #expect(configuration.parallel.bucketMegabytes == 16 && configuration.parallel.overlap)
        #expect(!configuration.parallel.shardOptimizer && configuration.parallel.wire == .float32)
        #expect(!configuration.parallel.recompute && configuration.parallel.timeout == 600)
        #expect(configuration.phases.isEmpty)
        #expect(configuration.resolvedPhases == [configuration])
        #expect(configuration.totalSteps == 1000)
    }

    @Test func theDefaultsAreConsistent() throws {
        for ranks in [1, 2, 3, 8, 256] { try configuration.validate(ranks: ranks) }
    }
}
