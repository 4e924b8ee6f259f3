extension RunConfiguration {
    /// `run`: name, seed and place of the run.
    public struct Run: Equatable, Sendable {
        /// `name`: the run directory's name below `directory`.
        public var name = "quickstart"
        /// `seed`: the one source of all randomness: weights, order, pairs, masks, dropout.
        public var seed: UInt64 = 1234
        /// `directory`: the folder that holds run directories; relative to the working directory.
        public var directory = "Checkpoints"

        /// The defaults.
        public init() {}

        static var fields: [Field] {
            [
                Field("run.name", \.run.name, .folderName, .harmless),
                Field("run.seed", \.run.seed, .seed, .changesTraining),
                Field("run.directory", \.run.directory, .text, .harmless),
            ]
        }
    }
}
