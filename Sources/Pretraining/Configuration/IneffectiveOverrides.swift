import BERT
import Corpus
import Formats
import Optimization

/// `--set` arguments that another key makes ineffective. They are applied if the intention is clear
/// and rejected otherwise; none is ignored.
struct IneffectiveOverrides {
    private let tree: YAMLTree

    /// Sizes that a preset sets and that a file may override.
    private static let presetSizes = [
        "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
    ]

    /// Checks the overrides in `tree`, a file with the arguments applied.
    init(in tree: YAMLTree) { self.tree = tree }

    /// The tree in which a preset set by an argument overrides the sizes in the file. Sizes set by
    /// arguments are kept.
    var honouringPreset: YAMLTree {
        guard tree.value(at: "model.preset")?.origin.isArgument == true else { return tree }
        var result = tree
        result.update("model") { model in
            guard case .mapping(let entries) = model.content else { return }
            model.content = .mapping(
                entries.filter {
                    !Self.presetSizes.contains($0.key) || $0.value.origin.isArgument
                })
        }
        return result
    }

    /// Finds arguments that would change nothing in `configuration`, each with the path of its key;
    /// none if that depends on keys that could not be read.
    func problems(
        _ configuration: RunConfiguration, unread: UnreadKeys
    ) -> [(path: String, problem: ConfigurationError.Problem)] {
        RunConfiguration.fields.compactMap { field in
            guard let value = tree.value(at: field.path), value.origin.isArgument,
                ![field.section, "data", "phases"].contains(where: unread.affect),
                let reason = reason(field, configuration)
            else { return nil }
            return (
                field.path,
                .init(
                    location: value.origin.location,
                    message: "\(field.path) would have no effect: \(reason)")
            )
        }
    }

    private func reason(_ field: Field<RunConfiguration>, _ configuration: RunConfiguration)
        -> String?
    {
        if let phases = phasesThatGive(field.path) {
            return "every phase gives its own; set phases.0.\(field.path)"
                + (phases > 1 ? " and so on" : "")
        }
        switch field.path {
        case "model.preset":
            return configuration.modelFiles.initializeFrom.map {
                "model.initialize_from (\(printable($0))) brings its own sizes; leave the preset out, "
                    + "or set model.initialize_from=null"
            }
        case "schedule.power":
            let names = configuration.resolvedPhases.map(\.schedule.name)
            return names.contains(.polynomial)
                ? nil : "schedule.name is \(names[0].rawValue), and only polynomial has a power"
        default:
            guard field.section == "masking",
                configuration.resolvedPhases.allSatisfy({ $0.data.format == .nvidiaHDF5 })
            else { return nil }
            return "files of data.format nvidia_hdf5 bring their own masks"
        }
    }

    /// Number of phases, if all of them set `path`.
    private func phasesThatGive(_ path: String) -> Int? {
        guard case .sequence(let phases) = tree["phases"]?.content, !phases.isEmpty,
            phases.allSatisfy({ $0.value(at: path) != nil })
        else { return nil }
        return phases.count
    }
}

extension YAMLTree {
    /// Changes the value under `key` of a mapping, if present.
    fileprivate mutating func update(_ key: String, _ change: (inout YAMLTree) -> Void) {
        guard case .mapping(var entries) = content,
            let index = entries.firstIndex(where: { $0.key == key })
        else { return }
        change(&entries[index].value)
        content = .mapping(entries)
    }
}
