import ExitCoding

#if canImport(Glibc)
    internal import Glibc
#endif

extension RunConfiguration {
    /// Reads a configuration file, applies `--set` arguments in order, and checks the result.
    ///
    /// - Parameters:
    ///   - path: the YAML file; nil starts from the defaults.
    ///   - overrides: arguments of `--set`, each `key.path=value` with a YAML value. A mapping is
    ///     merged key by key, anything else replaces what the file says.
    /// - Throws: `ConfigurationError` with everything that is wrong, each with file and line or
    ///   the argument.
    public static func load(
        path: String?, overrides: [String] = []
    ) throws(ConfigurationError) -> RunConfiguration {
        guard let path else { return try parse("", name: "defaults", overrides: overrides) }
        return try read(path: path, overrides: overrides).get()
    }

    /// Reads a configuration file as `load` does, and keeps what is right beside what is wrong.
    ///
    /// - Throws: `ConfigurationError` where nothing can be read: the file is missing, is not YAML, or
    ///   is of another program.
    public static func read(
        path: String, overrides: [String] = []
    ) throws(ConfigurationError) -> ConfigurationReading<RunConfiguration> {
        try read(
            try readFile(path), name: path, overrides: overrides, runName: runName(ofFile: path))
    }

    /// The run's name where the file at `path` gives none: the file's, without its extension. The default is that of the
    /// quick start, whose run is none of the file's.
    private static func runName(ofFile path: String) -> String? {
        let name = path.split(separator: "/").last ?? ""
        let stem = name.lastIndex(of: ".").map { name[..<$0] } ?? name
        return ValueKind<String>.isFolderName(String(stem)) ? String(stem) : nil
    }

    /// Reads a configuration from text.
    ///
    /// - Parameters:
    ///   - name: stands for the file in messages.
    ///   - runName: `run.name` where the text gives none; nil leaves the default.
    /// - Throws: `ConfigurationError`, as `load`.
    public static func parse(
        _ text: String, name: String, overrides: [String] = [], runName: String? = nil
    ) throws(ConfigurationError) -> RunConfiguration {
        try read(text, name: name, overrides: overrides, runName: runName).get()
    }

    /// Reads a configuration from text, as `parse`, and keeps what is right beside what is wrong.
    package static func read(
        _ text: String, name: String, overrides: [String] = [], runName: String? = nil
    ) throws(ConfigurationError) -> ConfigurationReading<RunConfiguration> {
        var faults = ConfigurationFaults()
        let document = try YAMLTree.document(
            text, name: name, overrides: overrides, faults: &faults)
        try ConfigurationPurpose.pretraining.check(document, name: name)
        let tree = IneffectiveOverrides(in: document).honouringPreset
        var decoder = ConfigurationDecoder(faults)
        var configuration = decoder.decode(tree)
        faults = decoder.faults
        for (path, problem) in IneffectiveOverrides(in: tree).problems(
            configuration, unread: faults.unread)
        {
            faults.add(problem, about: path)
        }
        if let runName, tree.value(at: "run.name") == nil { configuration.run.name = runName }
        return ConfigurationReading(configuration, faults)
    }

    /// The text of a configuration file.
    ///
    /// - Throws: `ConfigurationError` where it cannot be read, is too large or is not UTF-8.
    package static func readFile(_ path: String) throws(ConfigurationError) -> String {
        func failure(_ message: String, exitCode: Int32 = ExitStatus.configuration)
            -> ConfigurationError
        {
            ConfigurationError(location: printable(path), message: message, exitCode: exitCode)
        }
        func systemFailure() -> ConfigurationError {
            failure(
                "cannot be read: \(String(cString: strerror(errno))); check --config",
                exitCode: errno == ENOENT ? ExitStatus.missingInput : ExitStatus.configuration)
        }
        guard !path.utf8.contains(0) else { throw failure("the path has a NUL byte") }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemFailure() }
        defer { close(descriptor) }
        // One byte more than allowed, so that the check for size sees a file that is too large.
        var bytes = [UInt8](repeating: 0, count: YAMLReader.maximumBytes + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress.map { $0 + count }, $0.count - count)
            }
            if got == 0 { break }
            if got < 0 {
                if errno == EINTR { continue }
                throw systemFailure()
            }
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

extension YAMLTree {
    /// The document `text` with `--set` arguments applied; their problems are added to `faults`, and
    /// the keys that they name are left out.
    ///
    /// - Throws: `ConfigurationError` where the document cannot be read, with the arguments that
    ///   cannot either.
    package static func document(
        _ text: String, name: String, overrides: [String], faults: inout ConfigurationFaults
    ) throws(ConfigurationError) -> YAMLTree {
        var tree = try file(text, name: name, overrides: overrides)
        if tree.isNull { tree.content = .mapping([]) }
        guard case .mapping = tree.content else {
            throw ConfigurationError(
                location: tree.origin.location,
                message: "a configuration is a mapping of sections, found \(tree.found)")
        }
        for argument in overrides {
            do throws(ConfigurationError) {
                tree = try ConfigurationOverride(argument: argument).applied(to: tree)
            } catch {
                let path = ConfigurationOverride.path(ofArgument: argument)
                for problem in error.problems { faults.add(problem, about: path) }
                tree = tree.removing(path.split(separator: ".")[...])
            }
        }
        return tree
    }

    private static func file(
        _ text: String, name: String, overrides: [String]
    ) throws(ConfigurationError) -> YAMLTree {
        do throws(ConfigurationError) {
            return try YAMLReader.file(text, name: name)
        } catch {
            var problems = error.problems
            let nothing = YAMLTree(content: .mapping([]), origin: .init(location: name))
            for argument in overrides {
                do throws(ConfigurationError) {
                    _ = try ConfigurationOverride(argument: argument).applied(to: nothing)
                } catch {
                    problems += error.problems
                }
            }
            throw ConfigurationError(problems: problems, exitCode: error.exitCode)
        }
    }
}
