import Glibc

/// Command line of this process. `CommandLine.arguments` would replace bytes that are not UTF-8 by
/// U+FFFD, so that a file with such a name would not be found, or another file would be written.
public enum CommandLineArguments {
    /// Program and its arguments, each as ``FileName`` decodes it.
    public static var all: [String] {
        (0..<Int(CommandLine.argc)).compactMap { index in
            CommandLine.unsafeArgv[index].map { FileName.text(of: $0) }
        }
    }

    /// Arguments without the program.
    public static var afterProgram: [String] { Array(all.dropFirst()) }
}
