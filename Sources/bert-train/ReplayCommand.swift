import ArgumentParser
import Distributed
import ExitCoding
import MPI
import Pretraining
import Reporting
import Runtime

/// `bert-train replay`.
struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Computes a batch that overflowed again, in fp32: losses and gradients.",
        discussion: """
            FILE is one of those that a run keeps in its folder `overflow`. The weights are those of \
            the checkpoint that the file names. One process does it.
            """)

    @Argument(help: "A file of the folder `overflow` in a run directory.")
    var file: String
    @Option(help: "The weights to use instead: a run, checkpoint or model directory.")
    var checkpoint: String?

    func run() throws {
        try Job.run { environment in
            let world = environment.world
            let threads = try ThreadPlan.threads(.auto, communicator: world)
            try Agreement(among: world).throwingTogether {
                guard world.rank == 0 else { return }
                let replay = try Watchdog.working(on: "replaying") {
                    try OverflowReplay(path: file, checkpoint: checkpoint, threads: threads)
                }
                try report(replay)
            }
            return ExitStatus.success
        }
    }

    private func report(_ replay: OverflowReplay) throws {
        let console = ConsoleReporter()
        for notice in replay.notices { console.warning(notice) }
        console.banner(replay.origin)
        console.table(
            "Losses in fp32", columns: ["sample (epoch:index)", "MLM loss", "NSP loss"],
            rows: replay.samples.map {
                [
                    "\($0.epoch):\($0.index)", HumanFormat.fixed($0.maskedLoss, decimals: 4),
                    HumanFormat.fixed($0.nextSentenceLoss, decimals: 4),
                ]
            })
        console.table(
            "Gradients in fp32, in the order of the backward pass",
            columns: ["parameter", "norm", "largest", "not finite"],
            rows: replay.gradients.map {
                [
                    $0.name, HumanFormat.scientific($0.norm), HumanFormat.scientific($0.largest),
                    $0.notFinite == 0 ? "-" : "\($0.notFinite) of \($0.count)",
                ]
            })
        console.note("")
        let bad = replay.gradients.first { $0.notFinite > 0 }
        let lossesAreFinite = replay.samples.allSatisfy {
            $0.maskedLoss.isFinite && $0.nextSentenceLoss.isFinite
        }
        if !lossesAreFinite { console.note("The loss is not finite in fp32 either.") }
        console.note(
            bad.map { "The first gradient that is not finite in fp32 either: \($0.name)." }
                ?? "In fp32 every gradient is finite; their norm is "
                + "\(HumanFormat.scientific(replay.gradientNorm)).")
        try console.requireWritten()
    }
}
