import BERT
import ExitCoding
import FileNames
import FoundationEssentials
import Glibc
import Tensors

/// The same training step in PyTorch, as a script that prints its result as JSON.
struct TorchPeer {
    let python: String
    let script: String

    /// The keys of the script's output that are used here.
    struct Result: Decodable {
        let peer: String
        let tokensPerS: Double
        let peakRssMb: Int
    }

    /// - Throws: `BenchmarkError` if the script or a Python with PyTorch is missing.
    func check() throws {
        guard withSystemPath(script, { access($0, R_OK) }) == 0 else {
            throw BenchmarkError(
                "cannot read the PyTorch script \(script): \(String(cString: strerror(errno))); "
                    + "name it with --script", exitCode: ExitStatus.missingInput)
        }
        let probe: ChildProcess.Outcome
        do {
            probe = try ChildProcess(command: [python, "-c", "import torch"]).run(quiet: true)
        } catch {
            throw BenchmarkError(
                "\(error); name a Python that has PyTorch with --python",
                exitCode: ExitStatus.missingInput)
        }
        guard probe.status == 0 else {
            throw BenchmarkError(
                "\(python) cannot import torch; name a Python that has PyTorch with --python, "
                    + "or install it there: \(python) -m pip install torch",
                exitCode: ExitStatus.missingInput)
        }
    }

    /// Command for PyTorch's pre-training step with the same `options` as our own program.
    func pretraining(_ options: StepOptions, compiles: Bool) -> [String] {
        command(options, compiles: compiles) + [
            "--batch", "\(options.micro)", "--seq", "\(options.sequenceLength)", "--steps",
            "\(options.steps)",
        ]
    }

    /// Command for PyTorch's fine-tuning steps on the file `batches`.
    func finetuning(_ options: StepOptions, batches: String, compiles: Bool) -> [String] {
        command(options, compiles: compiles) + ["--batches", batches]
    }

    private func command(_ options: StepOptions, compiles: Bool) -> [String] {
        let size = options.preset.rawValue.dropFirst("bert-".count)
        return [
            python, script, "--size", "\(size)", "--threads", "\(options.threads)",
            "--precision", options.precision.rawValue, "--accum", "\(options.accumulation)",
        ] + (compiles ? ["--compile"] : [])
    }
}

/// Runs `command` and decodes the JSON object on the last line of its output.
func decode<Value: Decodable>(_ type: Value.Type, from command: [String]) throws -> Value {
    let outcome = try ChildProcess(command: command).run()
    guard outcome.status == 0 else {
        throw BenchmarkError(
            "\(command.joined(separator: " ")) ended with status \(outcome.status)",
            exitCode: outcome.status)
    }
    let line = outcome.output.split(separator: "\n").last.map(String.init) ?? ""
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
        return try decoder.decode(type, from: Data(line.utf8))
    } catch {
        throw BenchmarkError(
            "\(command.joined(separator: " ")) did not end with the JSON expected, but '\(line)'")
    }
}
