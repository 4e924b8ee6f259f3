import Formats

extension RunConfiguration {
    /// `run`: name, seed and directory of the run.
    public struct Run: Equatable, Sendable {
        /// `name`: the run directory's name below `directory`.
        public var name = "quickstart"
        /// `seed`: the only source of randomness: weights, order, pairs, masks, dropout.
        public var seed: UInt64 = 1234
        /// `directory`: parent of run directories; relative to the working directory.
        public var directory = "Checkpoints"

        /// The defaults.
        public init() {}

        static var fields: [Field<Self>] {
            [
                Field(
                    "name", \.name, .folderName, .harmless,
                    means: """
                        the run directory's name below `directory`; where a file given by \
                        `--config` leaves it out, it is the name of that file without its \
                        extension
                        """),
                Field(
                    "seed", \.seed, .seed, .changesTraining,
                    means: "the one source of all randomness: weights, order, pairs, masks, dropout"
                ),
                Field(
                    "directory", \.directory, .text, .harmless,
                    means:
                        "the folder that holds run directories; relative to the working directory"),
            ]
        }
    }
}
