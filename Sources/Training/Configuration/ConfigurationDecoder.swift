import Formats

/// Turns a merged tree into a configuration and collects everything that is wrong with it.
struct ConfigurationDecoder {
    private(set) var problems: [ConfigurationError.Problem] = []
    private let fields = RunConfiguration.fields

    /// The most phases of one run.
    private static let maximumPhases = 64

    /// The configuration of `tree`; meaningless where problems were found.
    mutating func decode(_ tree: YAMLTree) -> RunConfiguration {
        var configuration = RunConfiguration()
        guard case .mapping(let entries) = tree.content else { return configuration }
        decodeSections(entries, into: &configuration)
        let sound = problems.isEmpty
        if let phases = tree["phases"] {
            configuration.phases = decodePhases(phases, base: tree, sound: sound)
        }
        // What phases override is never run by itself, so only the phases must be consistent.
        if sound, configuration.phases.isEmpty {
            report(configuration.inconsistencies(), tree: tree, prefix: "")
        }
        return configuration
    }

    private mutating func decodeSections(
        _ entries: [YAMLTree.Entry], into configuration: inout RunConfiguration
    ) {
        for entry in entries where entry.key != "phases" {
            let prefix = entry.keyOrigin.prefix
            guard RunConfiguration.sections.contains(entry.key) else {
                fail(
                    entry.keyOrigin,
                    unknownKey(
                        entry.key, within: "", known: RunConfiguration.sections, prefix: prefix))
                continue
            }
            if entry.value.isNull { continue }
            guard case .mapping(let keys) = entry.value.content else {
                fail(
                    entry.value.origin,
                    "\(prefix)\(entry.key) must be a mapping of keys, found \(entry.value.found)")
                continue
            }
            for key in keys { decode(key, of: entry.key, into: &configuration) }
        }
    }

    private mutating func decode(
        _ entry: YAMLTree.Entry, of section: String, into configuration: inout RunConfiguration
    ) {
        let path = "\(section).\(entry.key)"
        if let field = fields.first(where: { $0.path == path }) {
            field.read(entry.value, into: &configuration, &problems)
        } else {
            let known = fields.filter { $0.section == section }.map(\.key)
            fail(
                entry.keyOrigin,
                unknownKey(
                    entry.key, within: section, known: known, prefix: entry.keyOrigin.prefix))
        }
    }

    /// Each phase is laid over the tree of the whole run and decoded with it, so that it passes
    /// every check; its problems are told from those of the run by their prefix.
    private mutating func decodePhases(
        _ tree: YAMLTree, base: YAMLTree, sound: Bool
    ) -> [RunConfiguration.Phase] {
        if tree.isNull { return [] }
        guard case .sequence(let items) = tree.content, items.count <= Self.maximumPhases else {
            fail(
                tree.origin,
                "phases must be a list of at most \(Self.maximumPhases) mappings, "
                    + "found \(tree.found)")
            return []
        }
        var phases: [RunConfiguration.Phase] = []
        for (index, item) in items.enumerated() {
            let phase = item.prefixed("phases[\(index)].")
            guard case .mapping(let entries) = phase.content else {
                fail(
                    item.origin,
                    "phases[\(index)] must be a mapping of sections, found \(item.found)")
                continue
            }
            if let decoded = decodePhase(entries, phase, base: base, sound: sound) {
                phases.append(decoded)
            }
        }
        return phases
    }

    private mutating func decodePhase(
        _ entries: [YAMLTree.Entry], _ phase: YAMLTree, base: YAMLTree, sound: Bool
    ) -> RunConfiguration.Phase? {
        for entry in entries where RunConfiguration.fixedSections.contains(entry.key) {
            fail(
                entry.keyOrigin,
                "\(entry.keyOrigin.prefix)\(entry.key): a phase cannot change \(entry.key), "
                    + "which is the same for the whole run")
        }
        var check = ConfigurationDecoder()
        var alone = RunConfiguration()
        check.decodeSections(
            entries.filter { !RunConfiguration.fixedSections.contains($0.key) }, into: &alone)
        problems += check.problems
        guard check.problems.isEmpty, sound else { return nil }
        let merged = base.merged(with: phase)
        guard case .mapping(let all) = merged.content else { return nil }
        var configuration = RunConfiguration()
        decodeSections(all.filter { $0.key != "phases" }, into: &configuration)
        report(configuration.inconsistencies(), tree: merged, prefix: phase.origin.prefix)
        let changed = fields.filter { phase.value(at: $0.path) != nil }
        return RunConfiguration.Phase(
            overrides: changed.map { .init(path: $0.path, value: $0.write(configuration)) })
    }

    /// Problems between keys are placed where the first of the keys that was given stands.
    private mutating func report(
        _ inconsistencies: [Inconsistency], tree: YAMLTree, prefix: String
    ) {
        for inconsistency in inconsistencies {
            let given = inconsistency.paths.compactMap { tree.value(at: $0) }
            let origin =
                given.first { $0.origin.prefix == prefix }?.origin ?? given.first?.origin
                ?? tree.origin
            fail(origin, prefix + inconsistency.message)
        }
    }

    private mutating func fail(_ origin: YAMLTree.Origin, _ message: String) {
        problems.append(.init(location: origin.location, message: message))
    }
}
