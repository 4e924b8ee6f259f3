import Formats

extension RunConfiguration {
    /// File formats of `data.train` and `data.heldout`.
    public enum DataFormat: String, CaseIterable, Sendable {
        /// Corpus directories of `bert corpus build`: unmasked tokens, from which samples are made
        /// at run time.
        case corpus
        /// NVIDIA's HDF5 pre-training files, with samples and masks used as stored.
        case nvidiaHDF5 = "nvidia_hdf5"
    }

    /// Keys of `data` that name files.
    public struct Data: Equatable, Sendable {
        /// `train`: directories or files to train on; required in a file given by `--config`.
        public var train: [String] = []
        /// `heldout`: directories or files to evaluate on; empty means the held-out split of the
        /// training corpus.
        public var heldout: [String] = []
        /// `format`: layout of those files.
        public var format = DataFormat.corpus

        /// The defaults.
        public init() {}

        static var fields: [Field<Self>] {
            [
                Field(
                    "train", \.train, .paths, .changesTraining,
                    means: """
                        directories or files to train on; a file given by `--config` must name \
                        some
                        """),
                Field(
                    "heldout", \.heldout, .paths, .harmless,
                    means: """
                        directories or files to evaluate on, each once; empty means the held-out \
                        split of the training corpus
                        """),
                Field(
                    "format", \.format, .choice, .changesTraining,
                    means: "how those files are laid out"),
            ]
        }
    }
}
