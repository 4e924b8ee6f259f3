import Formats

/// Converts a merged tree to a configuration and collects all problems.
///
/// Valid values are kept, so that checks of one key do not wait until another is fixed.
struct ConfigurationDecoder {
    private(set) var faults: ConfigurationFaults
    /// Paths of the keys that were read.
    private var read: Set<String> = []
    private let fields = RunConfiguration.fields

    /// Maximum number of phases of a run.
    private static let maximumPhases = 64

    /// Adds to faults that are already known.
    init(_ faults: ConfigurationFaults = ConfigurationFaults()) { self.faults = faults }

    /// Decodes `tree`; values that could not be read keep their defaults.
    mutating func decode(_ tree: YAMLTree) -> RunConfiguration {
        var configuration = RunConfiguration()
        guard case .mapping(let entries) = tree.content else { return configuration }
        decodeSections(entries, into: &configuration)
        if let phases = tree["phases"] {
            configuration.phases = decodePhases(phases, base: withoutUnknownKeys(entries, tree))
        }
        // The settings that phases override are never run on their own, so only the phases must be
        // consistent.
        if configuration.phases.isEmpty {
            report(
                configuration.inconsistencies(), tree: tree, prefix: "", unread: [faults.unread])
        }
        return configuration
    }

    private mutating func decodeSections(
        _ entries: [YAMLTree.Entry], into configuration: inout RunConfiguration
    ) {
        for entry in entries where entry.key != "phases" {
            let prefix = entry.keyOrigin.prefix
            guard RunConfiguration.sections.contains(entry.key) else {
                failUnknown(entry, within: "", known: RunConfiguration.sections)
                continue
            }
            if entry.value.isNull { continue }
            guard case .mapping(let keys) = entry.value.content else {
                fail(
                    entry.value.origin,
                    "\(prefix)\(entry.key) must be a mapping of keys, found \(entry.value.found)",
                    about: entry.key)
                continue
            }
            for key in keys { decode(key, of: entry.key, into: &configuration) }
        }
    }

    private mutating func decode(
        _ entry: YAMLTree.Entry, of section: String, into configuration: inout RunConfiguration
    ) {
        let path = "\(section).\(entry.key)"
        guard let field = fields.first(where: { $0.path == path }) else {
            let known = fields.filter { $0.section == section }.map(\.key)
            return failUnknown(entry, within: section, known: known)
        }
        faults.collect(about: path) { field.read(entry.value, into: &configuration, &$0) }
        if !faults.unread.affect(path) { read.insert(path) }
    }

    private mutating func failUnknown(
        _ entry: YAMLTree.Entry, within section: String, known: [String]
    ) {
        let (message, meant) = unknownKey(
            entry.key, within: section, known: known, prefix: entry.keyOrigin.prefix)
        fail(
            entry.keyOrigin, message, about: section.isEmpty ? entry.key : "\(section).\(entry.key)"
        )
        if let meant { faults.unread.insert(meant) }
    }

    /// `tree`, whose keys are `entries`, with the keys that exist: each phase would look for what the
    /// others were meant to be once more.
    private func withoutUnknownKeys(_ entries: [YAMLTree.Entry], _ tree: YAMLTree) -> YAMLTree {
        let known = Set(fields.map(\.path))
        var result = tree
        result.content = .mapping(
            entries.compactMap { section in
                guard RunConfiguration.sections.contains(section.key) else { return nil }
                guard section.key != "phases", case .mapping(let keys) = section.value.content
                else { return section }
                var section = section
                section.value.content = .mapping(
                    keys.filter { known.contains("\(section.key).\($0.key)") })
                return section
            })
        return result
    }

    /// Each phase is laid over the tree of the whole run and decoded with it, so that it passes
    /// every check; its problems are told from those of the run by their prefix.
    private mutating func decodePhases(
        _ tree: YAMLTree, base: YAMLTree
    ) -> [RunConfiguration.Phase] {
        if tree.isNull { return [] }
        guard case .sequence(let items) = tree.content, items.count <= Self.maximumPhases else {
            fail(
                tree.origin,
                "phases must be a list of at most \(Self.maximumPhases) mappings, "
                    + "found \(tree.found)", about: "phases")
            return []
        }
        let ofRun = faults.unread
        var phases: [RunConfiguration.Phase] = []
        for (index, item) in items.enumerated() {
            let phase = item.prefixed("phases[\(index)].")
            guard case .mapping(let entries) = phase.content else {
                fail(
                    item.origin,
                    "phases[\(index)] must be a mapping of sections, found \(item.found)",
                    about: "phases[\(index)]")
                continue
            }
            phases.append(
                decodePhase(entries, phase, base: base, ofRun: ofRun, path: "phases[\(index)]"))
        }
        return phases
    }

    /// - Parameter ofRun: keys of the whole run that could not be read.
    private mutating func decodePhase(
        _ entries: [YAMLTree.Entry], _ phase: YAMLTree, base: YAMLTree, ofRun: UnreadKeys,
        path: String
    ) -> RunConfiguration.Phase {
        for entry in entries where RunConfiguration.fixedSections.contains(entry.key) {
            fail(
                entry.keyOrigin,
                "\(entry.keyOrigin.prefix)\(entry.key): a phase cannot change \(entry.key), "
                    + "which is the same for the whole run", about: "\(path).\(entry.key)")
        }
        var alone = ConfigurationDecoder()
        var ignored = RunConfiguration()
        alone.decodeSections(
            entries.filter { !RunConfiguration.fixedSections.contains($0.key) }, into: &ignored)
        faults.problems += alone.faults.problems
        faults.unread.insert(alone.faults.unread, under: path)
        let merged = base.merged(with: phase)
        guard case .mapping(let all) = merged.content else { return .init(overrides: []) }
        var configuration = RunConfiguration()
        var check = ConfigurationDecoder()
        check.decodeSections(all.filter { $0.key != "phases" }, into: &configuration)
        // Problems of the run or of the phase alone are already known.
        if ofRun.isEmpty, alone.faults.problems.isEmpty {
            faults.problems += check.faults.problems
            faults.unread.insert(check.faults.unread, under: path)
        }
        report(
            configuration.inconsistencies(), tree: merged, prefix: phase.origin.prefix,
            unread: [ofRun, check.faults.unread])
        let changed = fields.filter {
            phase.value(at: $0.path) != nil && check.read.contains($0.path)
                && !RunConfiguration.fixedSections.contains($0.section)
        }
        return RunConfiguration.Phase(
            overrides: changed.map { .init(path: $0.path, value: $0.write(configuration)) })
    }

    /// Reports a problem between keys at the first of the keys that was given. Problems of sections
    /// with unread keys are omitted because they may be consequences.
    private mutating func report(
        _ inconsistencies: [Inconsistency], tree: YAMLTree, prefix: String, unread: [UnreadKeys]
    ) {
        for inconsistency in inconsistencies
        where !inconsistency.sections.contains(where: { section in
            unread.contains { $0.affect(section) }
        }) {
            let given = inconsistency.paths.compactMap { tree.value(at: $0) }
            let origin =
                given.first { $0.origin.prefix == prefix }?.origin ?? given.first?.origin
                ?? tree.origin
            fail(origin, prefix + inconsistency.message, about: prefix + inconsistency.paths[0])
        }
    }

    private mutating func fail(_ origin: YAMLTree.Origin, _ message: String, about path: String) {
        faults.add(.init(location: origin.location, message: message), about: path)
    }
}
