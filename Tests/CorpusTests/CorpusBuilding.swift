import Corpus
import TemporaryDirectories
import Tokenization

/// Tests that build corpora of small texts in a directory of their own.
protocol CorpusBuilding {
    var directory: TemporaryDirectory { get }
}

extension CorpusBuilding {
    /// Letters and digits as words and as pieces, so that every text can be spelled.
    static func vocabulary() throws -> Vocabulary {
        let letters = (0x61...0x7A).map { String(UnicodeScalar(UInt8($0))) }
        let words = letters + letters.map { "##\($0)" } + [".", "!", "?", "the", "otter", "。", "水"]
        return try Vocabulary(lines: ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + words)
    }

    func options(
        _ change: (inout CorpusBuilder.Options) -> Void = { _ in }
    ) -> CorpusBuilder.Options {
        var options = CorpusBuilder.Options()
        change(&options)
        return options
    }

    func build(
        _ inputs: [String], _ name: String = "out",
        _ change: (inout CorpusBuilder.Options) -> Void = { _ in }
    ) throws -> CorpusManifest {
        try CorpusBuilder(vocabulary: Self.vocabulary(), options: options(change))
            .build(inputs, output: directory.file(name))
    }

    /// Documents of odd sizes, some of one sentence, with lines of several sentences.
    func text(documents: Int) -> String {
        var text = "\n\n"
        for document in 0..<documents {
            for line in 0...(document * 7 % 11) {
                text += "the otter number \(document) swims. "
                if line % 3 == 0 { text += "why? because of line \(line)! " }
                text += "\n"
            }
            text += document % 5 == 0 ? "\n \t \r\n" : "\n"
        }
        return text
    }
}

extension String {
    /// The parts between `separator`.
    func components(separatedBy separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: true).map(String.init)
    }
}
