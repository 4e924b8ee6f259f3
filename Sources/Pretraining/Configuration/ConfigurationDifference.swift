import BERT
public import Formats

/// One key in which two configurations differ.
public struct ConfigurationDifference: Equatable, Sendable, CustomStringConvertible {
    /// Dotted path of the key.
    public let path: String
    /// The earlier value, as YAML.
    public let old: String
    /// The later value, as YAML.
    public let new: String
    /// Effect of the change.
    public let effect: SettingEffect

    /// `path: old -> new`.
    public var description: String { "\(path): \(old) -> \(new)" }
}

extension RunConfiguration {
    /// Keys in which this configuration differs from an `earlier` one, in the order of the
    /// documents. Both are compared resolved; a model key that one side leaves to a checkpoint is
    /// not a difference.
    public func differences(from earlier: RunConfiguration) -> [ConfigurationDifference] {
        let (old, new) = (earlier.resolved(), resolved())
        var result: [ConfigurationDifference] = []
        for field in Self.fields {
            let (before, after) = (field.write(old), field.write(new))
            if before == after { continue }
            let open = before == "null" || after == "null"
            if open, Self.isArchitecture(field) { continue }
            // With a checkpoint to start from, the preset has no effect.
            if field.path == "model.preset", Self.presetIsReplaced(old, new) { continue }
            result.append(
                ConfigurationDifference(
                    path: field.path, old: before, new: after, effect: field.effect))
        }
        let phases = (Self.summary(old.phases), Self.summary(new.phases))
        if phases.0 != phases.1 {
            result.append(
                ConfigurationDifference(
                    path: "phases", old: phases.0, new: phases.1, effect: .changesTraining))
        }
        return result
    }

    private static func isArchitecture(_ field: Field<Self>) -> Bool {
        field.section == "model" && field.key != "initialize_from" && field.key != "vocabulary"
    }

    /// A preset is only a name for sizes, which are compared individually.
    private static func presetIsReplaced(
        _ old: RunConfiguration, _ new: RunConfiguration
    ) -> Bool {
        old.modelFiles.initializeFrom != nil || new.modelFiles.initializeFrom != nil
            || old.architecture == new.architecture
    }

    private static func summary(_ phases: [Phase]) -> String {
        let items = phases.map { phase in
            "{" + phase.overrides.map { "\($0.path): \($0.value)" }.joined(separator: ", ") + "}"
        }
        return "[" + items.joined(separator: ", ") + "]"
    }
}
