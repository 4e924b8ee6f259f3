import DurableFiles
import Glibc
import Reporting

/// Commands to paste after a run.
struct NextCommands {
    /// Resumes the run on the same number of ranks.
    let again: String
    /// Evaluates its newest checkpoint on its held-out data.
    let evaluate: String
    /// Exports it as a model directory.
    let export: String

    /// Derives the commands of the run that `options` describe, on `ranks` ranks.
    init(_ options: RunOptions, ranks: Int) {
        let program = options.command.first ?? "bert-train"
        let data = options.configuration.resolvedPhases.last?.data ?? options.configuration.data
        again = "\(ShellCommand(Self.launcher(ranks: ranks) + options.command))"
        evaluate =
            ShellCommand(
                [program, "evaluate", "--checkpoint", options.directory, "--data"]
                    + (data.heldout.isEmpty ? data.train : data.heldout)
            ).description
        let tools = program.contains("/") ? Paths.join(Paths.parent(of: program), "bert") : "bert"
        export =
            ShellCommand([
                tools, "checkpoint", "export", "--to", "huggingface", options.directory,
                Paths.join(options.directory, "hf"),
            ]).description
    }

    /// The launcher that started this process as one of several ranks.
    private static func launcher(ranks: Int) -> [String] {
        func isSet(_ variable: String) -> Bool { getenv(variable) != nil }
        if isSet("MPI_LOCALNRANKS") || isSet("OMPI_COMM_WORLD_SIZE") {
            return ["mpirun", "-n", "\(ranks)"]
        }
        return isSet("SLURM_STEP_NUM_TASKS") ? ["srun", "-n", "\(ranks)"] : []
    }
}
