import BERT
import Formats
import Optimization

extension RunConfiguration {
    /// This configuration with explicit values in place of defaults that depend on other keys:
    /// sizes of a preset (unless a checkpoint decides them), bias correction, clipping and loss
    /// scaling.
    public func resolved() -> RunConfiguration {
        var result = self
        if modelFiles.initializeFrom == nil { result.model.fill(from: architecture) }
        result.optimizer.biasCorrection = optimizer.correctsBias
        result.precision.lossScale = precision.effectiveLossScale
        return result
    }

    /// Every key with its value as YAML on one line, in the order of the documents; keys of phases
    /// are prefixed with their index.
    public var values: [(path: String, value: String)] {
        Self.fields.map { ($0.path, $0.write(self)) }
            + phases.enumerated().flatMap { index, phase in
                phase.overrides.map { ("phases[\(index)].\($0.path)", $0.value) }
            }
    }

    /// Every key with its value, in a fixed order, as YAML that parses to an equal configuration.
    public var yaml: String {
        let fields = Self.fields
        var text = ""
        for section in Self.sections {
            if section == "phases" {
                text += phasesYAML
                continue
            }
            text += "\(section):\n"
            for field in fields where field.section == section {
                text += "  \(field.key): \(field.write(self))\n"
            }
        }
        return text
    }

    private var phasesYAML: String {
        if phases.isEmpty { return "phases: []\n" }
        var text = "phases:\n"
        for phase in phases {
            text += "  -\n"
            if phase.overrides.isEmpty { text = text.dropLast(4) + "  - {}\n" }
            var section = ""
            for override in phase.overrides {
                let parts = override.path.split(separator: ".", maxSplits: 1)
                if section != parts[0] {
                    section = String(parts[0])
                    text += "    \(section):\n"
                }
                text += "      \(parts[1]): \(override.value)\n"
            }
        }
        return text
    }
}
