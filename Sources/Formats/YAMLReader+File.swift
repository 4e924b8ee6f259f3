import DurableFiles
import ExitCoding
import Glibc

extension YAMLReader {
    /// Reads the text of a configuration file.
    ///
    /// - Throws: `ConfigurationError` if it cannot be read, is too large or is not UTF-8.
    package static func text(ofFile path: String) throws(ConfigurationError) -> String {
        func failure(_ message: String, exitCode: Int32 = ExitStatus.configuration)
            -> ConfigurationError
        {
            ConfigurationError(location: printable(path), message: message, exitCode: exitCode)
        }
        func systemFailure() -> ConfigurationError {
            let code = errno
            let status =
                switch code {
                case ENOENT: ExitStatus.missingInput
                case _ where Patience.isTransient(code): ExitStatus.inputOutput
                default: ExitStatus.configuration
                }
            return failure(
                "cannot be read: \(String(cString: strerror(code))); check --config",
                exitCode: status)
        }
        guard !path.utf8.contains(0) else { throw failure("the path has a NUL byte") }
        let descriptor = Patience.call(path) { open($0, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw systemFailure() }
        defer { close(descriptor) }
        // One byte more than allowed, so that the size check detects a file that is too large.
        var bytes = [UInt8](repeating: 0, count: YAMLReader.maximumBytes + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                Patience.call {
                    read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
                }
            }
            if got == 0 { break }
            if got < 0 { throw systemFailure() }
            count += got
        }
        guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
            let line = firstInvalidLine(bytes[..<count])
            throw ConfigurationError(
                location: "\(printable(path)):\(line)",
                message: "not UTF-8; save the file as UTF-8")
        }
        return text
    }

    private static func firstInvalidLine(_ bytes: ArraySlice<UInt8>) -> Int {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let index = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil }
        return (index ?? 0) + 1
    }
}
