import DurableFiles
package import Tokenization

extension CorpusSource {
    /// Makes samples of one split of one or more corpus directories, which must share the
    /// vocabulary and the tokenizer settings.
    ///
    /// - Throws: `CorpusError` if a setting is out of range, vocabularies or tokenizers differ, or
    ///   there is no text; `HDF5Error` or `FileError` if a shard cannot be read.
    public convenience init(
        _ directories: [CorpusDirectory], split: CorpusSplit, settings: SampleSettings,
        seed: UInt64
    ) throws {
        guard let first = directories.first else {
            throw CorpusError.noText("no corpus directory is given")
        }
        if let other = directories.first(where: { $0.vocabulary != first.vocabulary }) {
            throw CorpusError.invalidSetting(
                "\(first.path) and \(other.path) were built with different vocabularies; build "
                    + "both with one")
        }
        if let other = directories.first(where: {
            !$0.manifest.tokenizer.splitsText(as: first.manifest.tokenizer)
        }) {
            throw CorpusError.invalidSetting(
                "\(first.path) was built with \(first.manifest.tokenizer.summary), \(other.path) "
                    + "with \(other.manifest.tokenizer.summary); build both alike")
        }
        let stores = try directories.map { try $0.documents(of: split) }
        var documents = 0
        let corpora = zip(directories, stores).map { directory, store in
            defer { documents += store.count }
            return SourceCorpus(path: directory.path, firstDocument: documents)
        }
        let name = directories.map(\.path).joined(separator: ", ")
        try self.init(
            documents: DocumentStore(joining: stores),
            vocabulary: MaskingVocabulary(first.vocabulary), settings: settings, seed: seed,
            dataDigest: directories.map(\.digest).joined(separator: "+") + " " + split.rawValue,
            name: "the \(split.rawValue) split of \(name)", corpora: corpora)
    }
}

extension MaskingVocabulary {
    /// Collects the properties of `vocabulary` that masking needs.
    package init(_ vocabulary: Vocabulary) {
        self.init(
            classification: vocabulary.clsID, separator: vocabulary.sepID,
            mask: vocabulary.maskID,
            isContinuation: (0..<Int32(vocabulary.count)).map(vocabulary.isContinuation))
    }
}

/// SHA-256 of a text, in hexadecimal digits.
func sha256Hex(_ text: String) -> String {
    SHA256.digest(of: text.utf8).description
}
