import DurableFiles
import Glibc
import MPITestSupport

/// A directory that is deleted, with everything in it, at the end of this value's life.
final class Scratch: Sendable {
    let path: String

    /// What all of them lie in; deleted when the process ends, as globals never are.
    private static let root: String = {
        let path = makeDirectory("/tmp/training-tests-")
        atexit { try? Paths.remove(Scratch.root) }
        return path
    }()

    init() { path = Self.makeDirectory("\(Self.root)/") }

    private static func makeDirectory(_ prefix: String) -> String {
        var template = Array("\(prefix)XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("no temporary directory") }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? Paths.remove(path) }

    func file(_ name: String) -> String { Paths.join(path, name) }

    /// The text of a file; "" if there is none.
    func text(_ name: String) -> String { fileText(file(name)) }

    /// Writes a file and returns its path.
    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        try write(name, Array(text.utf8))
    }

    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        try WholeFiles.writeAtomically(file(name), bytes)
        return file(name)
    }
}

/// The text of a file; "" if there is none.
func fileText(_ path: String) -> String {
    String(decoding: (try? fileBytes(path)) ?? [], as: UTF8.self)
}

/// The bytes of a file.
func fileBytes(_ path: String) throws -> [UInt8] {
    try WholeFiles.read(path, maximumByteCount: 1 << 28)
}

/// Copies a directory of plain files and directories.
func copyDirectory(_ source: String, to target: String) throws {
    try Paths.createDirectory(target)
    for name in try Paths.names(in: source) {
        let (from, to) = (Paths.join(source, name), Paths.join(target, name))
        if Paths.isDirectory(from) {
            try copyDirectory(from, to: to)
        } else {
            try WholeFiles.writeAtomically(to, fileBytes(from))
        }
    }
}

/// Whether several ranks run these tests. They start `mpirun` themselves, and a child would
/// inherit its parent's place in the job.
let isLaunched = TestJob.isLaunched
