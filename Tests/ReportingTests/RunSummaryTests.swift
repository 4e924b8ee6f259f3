import DurableFiles
import Reporting
import TemporaryDirectories
import Testing

@Suite struct RunSummaryTests {
    static let summary = RunSummary(
        run: "quickstart", status: "finished", step: 1000, totalSteps: 1000, loss: 7.5,
        mlmLoss: 6.8125, nspLoss: 0.6875, samples: 256_000, tokens: 30_000_000, wallSeconds: 125.5,
        tokensPerSecond: 12_345, overlap: 0.75, mfu: nil, peakOperationsPerSecond: 1e12,
        memoryForecastBytes: 1_000_000, peakMemoryBytes: 999_999, ranks: 8,
        threads: 1, parameters: 110_106_428,
        checkpoint: "checkpoints/step-00001000", bestStep: 800,
        bestMaskedAccuracy: 0.26, evaluations: [evaluationRecord(1000)])

    @Test func exactText() throws {
        let directory = TemporaryDirectory()
        try Self.summary.write(directory: directory.path)
        #expect(
            try directory.text(RunSummary.name) == """
                {
                  "run": "quickstart",
                  "status": "finished",
                  "step": 1000,
                  "total_steps": 1000,
                  "loss": 7.5,
                  "mlm_loss": 6.8125,
                  "nsp_loss": 0.6875,
                  "samples": 256000,
                  "tokens": 30000000,
                  "wall_seconds": 125.5,
                  "tokens_per_second": 12345.0,
                  "overlap": 0.75,
                  "mfu": null,
                  "peak_flops": 1000000000000.0,
                  "memory_forecast_bytes": 1000000,
                  "peak_memory_bytes": 999999,
                  "ranks": 8,
                  "threads": 1,
                  "parameters": 110106428,
                  "checkpoint": "checkpoints/step-00001000",
                  "best_step": 800,
                  "best_mlm_accuracy": 0.26,
                  "evaluations": [
                    {
                      "step": 1000,
                      "mlm_accuracy": 0.25,
                      "mlm_loss": 4.5,
                      "mlm_tokens": 1900,
                      "nsp_accuracy": 0.625,
                      "nsp_loss": 0.65625,
                      "nsp_pairs": 100,
                      "mlm_baseline_accuracy": 0.0625,
                      "mlm_baseline_token": "the",
                      "nsp_baseline_accuracy": 0.53125,
                      "mlm_accuracy_low": 0.2,
                      "mlm_accuracy_high": 0.3,
                      "mlm_loss_low": null,
                      "mlm_loss_high": null,
                      "nsp_accuracy_low": null,
                      "nsp_accuracy_high": null,
                      "nsp_loss_low": 0.5,
                      "nsp_loss_high": 0.75
                    }
                  ]
                }

                """)
        #expect(try RunSummary.read(directory: directory.path) == Self.summary)
    }

    @Test func notFiniteAndEmpty() throws {
        let directory = TemporaryDirectory()
        var summary = Self.summary
        summary.loss = .infinity
        summary.evaluations = []
        try summary.write(directory: directory.path)
        let back = try RunSummary.read(directory: directory.path)
        #expect(back.loss.isNaN && back.evaluations.isEmpty)
    }

    @Test func badFile() throws {
        let directory = TemporaryDirectory()
        #expect(throws: FileError.self) { try RunSummary.read(directory: directory.path) }
        try directory.write(RunSummary.name, "{\"run\": 3}")
        let error = #expect(throws: FileError.self) {
            try RunSummary.read(directory: directory.path)
        }
        #expect(error?.cause == .badData)
    }
}
