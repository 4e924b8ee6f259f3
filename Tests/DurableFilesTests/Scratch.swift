import DurableFiles
import Glibc

/// A new directory that is deleted with everything in it at the end.
func withScratch<R>(_ body: (String) throws -> R) throws -> R {
    var template = Array("/tmp/durable-tests-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { fatalError("mkdtemp") }
    let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    defer { try? Paths.remove(path) }
    return try body(path)
}

struct Note: Codable, Sendable, Equatable { var text: String }

/// A published directory with three files, one of them in a subdirectory.
func publishSample(_ target: String, text: String = "one", replacing: Bool = false) throws {
    let pending = try PendingDirectory(target: target, replacing: replacing)
    try WholeFiles.writeAtomically(pending.path + "/a.txt", text)
    try Paths.createDirectory(pending.path + "/sub/deep")
    try WholeFiles.writeAtomically(pending.path + "/sub/deep/b.bin", [UInt8](0...255))
    try WholeFiles.writeAtomically(pending.path + "/empty", "")
    try pending.publish(formatVersion: 1, metadata: Note(text: text))
}

func readSample(_ target: String) throws -> Manifest<Note> {
    try Manifest<Note>.read(from: target, supportedVersion: 1)
}

/// A new directory that is deleted, with everything in it, at the end of this value's life.
final class Scratch: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/durable-tests-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("mkdtemp") }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit { try? Paths.remove(path) }

    func file(_ name: String) -> String { Paths.join(path, name) }
}
