import DurableFiles
import Glibc

/// Files of cases, written and read without waiting for a disk.
enum ScratchFiles {
    /// Makes a directory in memory if possible, because it is written thousands of times per
    /// second.
    static func makeRoot() throws -> String {
        let parents = [getenv("TMPDIR").map { String(cString: $0) }, "/dev/shm", "/tmp"]
        for case let parent? in parents where access(parent, W_OK) == 0 {
            var template = Array("\(parent)/bert-fuzz-XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else { continue }
            return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
        throw FuzzFault("no directory can be made; check TMPDIR")
    }

    /// Makes a directory contain exactly these files.
    static func lay(_ files: [FuzzInput.File], into directory: String) throws {
        try? Paths.remove(directory)
        try Paths.createDirectory(directory)
        for file in files { try write(file.bytes, to: Paths.join(directory, file.name)) }
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        guard let file = fopen(path, "w") else {
            throw FuzzFault("\(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count, fflush(file) == 0 else {
            throw FuzzFault("\(path): \(String(cString: strerror(errno)))")
        }
    }

    static func read(_ path: String) throws -> [UInt8] {
        try WholeFiles.read(path, maximumByteCount: 1 << 30)
    }

    /// Lines of a kernel file, which has no size.
    static func lines(of path: String) throws -> [String] {
        guard let file = fopen(path, "r") else { throw FuzzFault("\(path) cannot be read") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// All files below a directory, by their relative paths.
    static func files(
        in directory: String, kind: (String) -> FuzzInput.Kind = { _ in .text }
    ) throws -> [FuzzInput.File] {
        var files: [FuzzInput.File] = []
        for name in try Paths.names(in: directory) {
            let path = Paths.join(directory, name)
            files.append(FuzzInput.File(name: name, kind: kind(name), bytes: try read(path)))
        }
        return files
    }
}
