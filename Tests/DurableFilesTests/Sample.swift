import DurableFiles

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
