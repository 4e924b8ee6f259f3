import Corpus
import DurableFiles
import Glibc
import HDF5
import Tokenization

/// Text of many scripts, with input relevant to sentence splitters and normalizers.
let sampleText = """
    The quick brown fox jumps over the lazy dog. It was Dr. Smith's dog, wasn't it? "Yes!" he said.
    Numbers such as 3.14 and 1,000,000 are no sentence ends.

    Ein Igel saß im Grünen. Él comió piñas; naïve café. Ça va?
    Ошибка чтения файла. Попробуйте ещё раз!

    日本語の文です。次の文。中文也有句子。
    مرحبا بالعالم. هذه جملة.

    한국어 문장입니다. e\u{301} combining. \u{1F600} emoji [MASK] ##ing under_score

    """

/// `vocab.txt`, and the resulting tokens.
struct VocabularyReader: FuzzReader {
    let name = "vocabulary"
    let refusals: [any Error.Type] = [VocabularyError.self]

    static let pieces =
        Vocabulary.specialTokens + "abcdefghijklmnopqrstuvwxyz0123456789.,!?'\"".map(String.init)
        + "abcdefghijklmnopqrstuvwxyz".map { "##\($0)" }
        + ["the", "qu", "##ick", "dog", "##ing", "中", "文", "é", "ошибка", "[unused0]"]

    func seeds(_ scratch: String) throws -> [FuzzInput] {
        let text = Self.pieces.joined(separator: "\n")
        return [
            text + "\n", text.replacing("\n", with: "\r\n"),
            Vocabulary.specialTokens.reversed().joined(separator: "\n") + "\n",
        ].map { FuzzInput("vocab.txt", $0) }
    }

    func read(_ directory: String) throws {
        let vocabulary = try Vocabulary(contentsOf: directory + "/vocab.txt")
        let tokens = (0..<Int32(vocabulary.count)).map(vocabulary.token)
        for (id, token) in tokens.enumerated() {
            try FuzzFault.require(
                vocabulary.id(of: token) == Int32(id), "id \(id) is not that of its token")
        }
        try FuzzFault.require(
            try Vocabulary(lines: tokens) == vocabulary, "its tokens make another vocabulary")
        for lowercase in [true, false] {
            let tokenizer = WordPieceTokenizer(vocabulary: vocabulary, lowercase: lowercase)
            let ids = tokenizer.encode(sampleText)
            try FuzzFault.require(
                ids.allSatisfy { (0..<Int32(vocabulary.count)).contains($0) },
                "an id is beyond the vocabulary")
        }
    }
}

/// `bert tokenize`: any bytes.
struct TokenizeReader: FuzzReader {
    let name = "tokenize"
    let refusals: [any Error.Type] = [TextStreamError.self]

    func seeds(_ scratch: String) throws -> [FuzzInput] { [FuzzInput("text", sampleText)] }

    func read(_ directory: String) throws {
        let vocabulary = try Vocabulary(lines: VocabularyReader.pieces)
        let tokenizer = WordPieceTokenizer(vocabulary: vocabulary, lowercase: true)
        let whole = try tokenize(directory, tokenizer, bufferBytes: 1 << 20)
        let pieces = try tokenize(directory, tokenizer, bufferBytes: 61)
        try FuzzFault.require(whole == pieces, "small buffers give other tokens")
        let text = try ScratchFiles.read(directory + "/text")
        let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let encoder = WordPieceEncoder(tokenizer)
        var expected = ""
        for (index, line) in lines.enumerated() where index < lines.count - 1 || !line.isEmpty {
            var ids: [Int32] = []
            encoder.encode(Array(line), into: &ids)
            expected += ids.map(String.init).joined(separator: " ")
            if index < lines.count - 1 { expected += "\n" }
        }
        try FuzzFault.require(
            whole.trimming() == Array(expected.utf8).trimming(),
            "a stream gives other tokens than its lines")
    }

    private func tokenize(
        _ directory: String, _ tokenizer: WordPieceTokenizer, bufferBytes: Int
    ) throws -> [UInt8] {
        let stream = TokenizeStream(
            tokenizer, format: .ids, bufferBytes: bufferBytes, maximumStretchBytes: 1 << 26)
        let input = open(directory + "/text", O_RDONLY)
        let output = open(directory + "/tokens", O_WRONLY | O_CREAT | O_TRUNC, 0o666)
        defer {
            close(input)
            close(output)
        }
        _ = try stream.run(
            input: input, inputName: directory + "/text", output: output,
            outputName: directory + "/tokens")
        return try ScratchFiles.read(directory + "/tokens")
    }
}

extension [UInt8] {
    /// Bytes without line feeds at the end.
    fileprivate func trimming() -> ArraySlice<UInt8> {
        var slice = self[...]
        while slice.last == UInt8(ascii: "\n") { slice.removeLast() }
        return slice
    }
}

/// `bert vocab train`.
struct VocabularyTrainingReader: FuzzReader {
    let name = "vocab-train"
    let cost = 2
    let refusals: [any Error.Type] = [WordPieceTrainerError.self]

    func seeds(_ scratch: String) throws -> [FuzzInput] { [FuzzInput("text", sampleText)] }

    func read(_ directory: String) throws {
        let path = directory + "/text"
        var options = WordPieceTrainer.Options(size: 400)
        options.minimumFrequency = 1
        let trainer = try WordPieceTrainer(options)
        let one = try trainer.train(files: [path], workers: 1)
        let two = try trainer.train(files: [path], workers: 2, rangeBytes: 97)
        try FuzzFault.require(
            one.vocabulary == two.vocabulary, "two workers learn another vocabulary")
        try FuzzFault.require(one.vocabulary.count <= 400, "it is larger than asked for")
    }

    /// With several files, none is the only one without words.
    func isPlaced(_ message: String, _ directory: String) -> Bool {
        message.contains(directory) || message.contains("hold no words")
            || message.contains("is too small")
    }
}

/// `bert corpus build`, and all readers of the corpus.
struct CorpusTextReader: FuzzReader {
    let name = "corpus-build"
    let cost = 10
    let refusals: [any Error.Type] = [CorpusError.self, FileError.self]

    func seeds(_ scratch: String) throws -> [FuzzInput] { [FuzzInput("text", sampleText)] }

    func read(_ directory: String) throws {
        var options = CorpusBuilder.Options()
        options.heldoutShare = 0.3
        options.maximumSentenceLength = 16
        options.documentBytes = 4096
        options.chunkBytes = 512
        let builder = try CorpusBuilder(
            vocabulary: try Vocabulary(lines: VocabularyReader.pieces), options: options)
        let output = Paths.join(directory, "corpus")
        try builder.build([directory + "/text"], output: output)
        do {
            let corpus = try CorpusDirectory(path: output)
            try corpus.verify()
            try ShardReader.readSamples(corpus)
        } catch CorpusError.noText {
            // A single sentence is a valid corpus, although no pair can be made of it.
        } catch let error where !(error is FuzzFault) {
            throw FuzzFault("the corpus that was built is refused: \(error)")
        }
    }
}
