import Glibc

/// The encoding of the command line. Swift replaces bytes that are not UTF-8 by U+FFFD, so a file of such a name would not
/// be found, or another one be written.
public enum ArgumentEncoding {
    /// The message about the first argument of this process that is not UTF-8; nil where all are.
    public static var problem: String? {
        problem(
            in: (0..<Int(CommandLine.argc)).compactMap { index in
                CommandLine.unsafeArgv[index].map { argument in
                    Array(UnsafeBufferPointer(start: argument, count: strlen(argument))).map {
                        UInt8(bitPattern: $0)
                    }
                }
            })
    }

    /// The same of `arguments`, the program's name first.
    package static func problem(in arguments: [[UInt8]]) -> String? {
        for (index, bytes) in arguments.enumerated()
        where String(validating: bytes, as: UTF8.self) == nil {
            return "argument \(index) is not UTF-8: \(String(decoding: bytes, as: UTF8.self)) "
                + "(U+FFFD for each wrong byte); rename the file, or reach it by a link whose name is UTF-8"
        }
        return nil
    }
}
