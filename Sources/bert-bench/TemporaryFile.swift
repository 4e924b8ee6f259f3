import ExitCoding
import FileNames
import Glibc

/// A file that exists for the lifetime of this value.
struct TemporaryFile: ~Copyable {
    let path: String

    /// Creates a file with `content`.
    ///
    /// - Throws: `BenchmarkError` if it cannot be written.
    init(_ content: String) throws { path = try Self.write(content) }

    deinit { withSystemPath(path) { _ = unlink($0) } }

    private static func write(_ content: String) throws -> String {
        var template = Array("/tmp/bert-bench.XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw failure(errno) }
        defer { close(descriptor) }
        let name = template.dropLast().map { UInt8(bitPattern: $0) }
        let path = String(decoding: name, as: UTF8.self)
        var rest = Array(content.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else {
                let code = errno
                withSystemPath(path) { _ = unlink($0) }
                throw failure(code)
            }
            rest = rest.dropFirst(count)
        }
        return path
    }

    private static func failure(_ code: Int32) -> BenchmarkError {
        BenchmarkError(
            "cannot write a temporary file: \(String(cString: strerror(code)))",
            exitCode: ExitStatus.cannotCreate)
    }
}
