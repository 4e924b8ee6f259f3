import FineTuning
import Glibc
import Tokenization

/// Task data next to the project (`../shared/data`, or under `BERT_SHARED`), which is never
/// committed. Its tests are skipped if it is missing.
enum SharedData {
    static let directory: String = {
        let root = getenv("BERT_SHARED").map { String(cString: $0) }
        return (root ?? packageRoot + "/../shared") + "/data"
    }()

    /// Also reports that the tests are skipped.
    static let isPresent: Bool = {
        if access(directory + "/qa.tar.xz", R_OK) == 0 { return true }
        print("SKIPPED: no task data at \(directory); set BERT_SHARED")
        return false
    }()

    /// One file of an archive.
    static func file(_ member: String, of archive: String) -> [UInt8] {
        guard let pipe = popen("tar xJOf '\(directory)/\(archive).tar.xz' '\(member)'", "r") else {
            return []
        }
        defer { pclose(pipe) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&chunk, 1, chunk.count, pipe), count > 0 {
            bytes += chunk[..<count]
        }
        return bytes
    }

    /// A tokenizer with one of Google's vocabularies.
    static func tokenizer(_ name: String, lowercase: Bool) throws -> WordPieceTokenizer {
        let bytes = file("vocab/\(name).vocab.txt", of: "vocab")
        return WordPieceTokenizer(
            vocabulary: try Vocabulary(utf8: bytes, source: name), lowercase: lowercase)
    }
}

/// Folder of Package.swift.
let packageRoot: String = {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    return parts.dropLast(3).joined(separator: "/")
}()

/// The error that `body` throws, as text; empty if it throws none.
func message(_ body: () throws -> Void) -> String {
    do {
        try body()
        return ""
    } catch {
        return "\(error)"
    }
}
