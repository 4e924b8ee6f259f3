extension RunConfiguration {
    /// File formats of `data.train` and `data.heldout`.
    public enum DataFormat: String, CaseIterable, Sendable {
        /// Corpus directories of `bert corpus build`: unmasked tokens, samples made at run time.
        case corpus
        /// NVIDIA's HDF5 pre-training files: samples and masks as they are in the file.
        case nvidiaHDF5 = "nvidia_hdf5"
    }

    /// The order in which samples are taken.
    public enum DataOrder: String, CaseIterable, Sendable {
        /// A fresh permutation each epoch, a function of the seed.
        case shuffled
        /// In file order, starting over at the end.
        case sequential
    }

    /// `data`: training and held-out data, and how it is read.
    public struct Data: Equatable, Sendable {
        /// `train`: directories or files to train on; a file given by `--config` must name some.
        public var train: [String] = []
        /// `heldout`: directories or files to evaluate on; empty means the held-out split of the
        /// training corpus.
        public var heldout: [String] = []
        /// `format`: how those files are laid out.
        public var format = DataFormat.corpus
        /// `order`: the order in which samples are taken.
        public var order = DataOrder.shuffled
        /// `sequence_length`: tokens of a sample, [CLS] and both [SEP] included.
        public var sequenceLength = 128
        /// `short_sequence_probability`: share of samples that are cut to a random shorter length.
        public var shortSequenceProbability = 0.1

        /// The defaults.
        public init() {}

        static var fields: [Field] {
            [
                Field(
                    "data.train", \.data.train, .paths, .changesTraining,
                    means: """
                        directories or files to train on; a file given by `--config` must name \
                        some
                        """),
                Field(
                    "data.heldout", \.data.heldout, .paths, .harmless,
                    means: """
                        directories or files to evaluate on, each once; empty means the held-out \
                        split of the training corpus
                        """),
                Field(
                    "data.format", \.data.format, .choice, .changesTraining,
                    means: "how those files are laid out"),
                Field(
                    "data.order", \.data.order, .choice, .changesTraining,
                    means: "the order in which samples are taken"),
                Field(
                    "data.sequence_length", \.data.sequenceLength, .integer(8...65_536),
                    .changesTraining, means: "tokens of a sample, [CLS] and both [SEP] included"),
                Field(
                    "data.short_sequence_probability", \.data.shortSequenceProbability,
                    .probability, .changesTraining,
                    means: "share of samples that are cut to a random shorter length"),
            ]
        }
    }
}
