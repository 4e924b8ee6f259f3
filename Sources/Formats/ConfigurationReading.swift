/// The valid part of a configuration together with its problems, for checks that continue with the
/// files it names.
public struct ConfigurationReading<Settings: Sendable>: Sendable {
    /// The settings; defaults for values that could not be read.
    public let settings: Settings
    /// Problems, in the order of `ConfigurationError.problems`; empty if there are none.
    public let problems: [ConfigurationError.Problem]
    /// Keys whose values are unknown because of the problems.
    public let unread: UnreadKeys

    package init(_ settings: Settings, _ faults: ConfigurationFaults) {
        self.settings = settings
        problems = faults.problems
        unread = faults.unread
    }

    /// Returns the settings if there are no problems.
    ///
    /// - Throws: `ConfigurationError` with all problems.
    public func get() throws(ConfigurationError) -> Settings {
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        return settings
    }
}

/// Keys of a configuration whose values are unknown. Settings that depend on them cannot be
/// checked, because their problems may be consequences of one already reported.
public struct UnreadKeys: Sendable, Equatable {
    /// Paths, each as its components.
    private var paths: Set<[String]> = []

    /// No keys: everything was read.
    public init() {}

    /// Whether all keys were read.
    public var isEmpty: Bool { paths.isEmpty }

    /// Adds a key or section: `model`, `phases[0].batch.global`, or, as in arguments,
    /// `phases.0.batch.global`.
    package mutating func insert(_ path: String) { paths.insert(Self.components(path)) }

    /// Adds all keys of `other`, each under `path`.
    package mutating func insert(_ other: UnreadKeys, under path: String) {
        paths.formUnion(other.paths.map { Self.components(path) + $0 })
    }

    /// Whether a key is unread, or belongs to a section that is, or is a section with such a key.
    public func affect(_ path: String) -> Bool {
        let path = Self.components(path)
        return paths.contains { $0.starts(with: path) || path.starts(with: $0) }
    }

    /// Whether a section is unread, or has an unread key other than `keys`.
    public func affect(_ section: String, beside keys: [String]) -> Bool {
        let section = Self.components(section)
        return paths.contains { path in
            section.starts(with: path)
                || path.starts(with: section) && !keys.contains(path[section.count])
        }
    }

    private static func components(_ path: String) -> [String] {
        path.split { ".[]".contains($0) }.map(String.init)
    }
}

/// Problems of a configuration, collected while it is read.
package struct ConfigurationFaults {
    package var problems: [ConfigurationError.Problem] = []
    package var unread = UnreadKeys()

    package init() {}

    /// Adds a problem with the key or section at `path`.
    package mutating func add(_ problem: ConfigurationError.Problem, about path: String) {
        problems.append(problem)
        unread.insert(path)
    }

    /// Runs `read`, which appends problems with the key at `path`.
    ///
    /// - Returns: its result.
    package mutating func collect<Result>(
        about path: String, _ read: (inout [ConfigurationError.Problem]) -> Result
    ) -> Result {
        let count = problems.count
        let result = read(&problems)
        if problems.count > count { unread.insert(path) }
        return result
    }
}
