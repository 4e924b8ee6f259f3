public import Formats
import Optimization

extension RunConfiguration {
    /// One of several consecutive parts of a run: the keys in which it differs from the rest of the
    /// configuration (not from the preceding phase). Weights and moments carry over; steps of the
    /// schedule restart.
    public struct Phase: Equatable, Sendable {
        /// The overridden keys, in the order of the documents, each with its value as YAML.
        public let overrides: [ConfigurationOverride]

        package init(overrides: [ConfigurationOverride]) {
            self.overrides = overrides
        }
    }

    /// Complete configuration of each phase, in order; the run itself if it has no phases. Never
    /// empty, and none of them has phases.
    public var resolvedPhases: [RunConfiguration] {
        var base = self
        base.phases = []
        return phases.isEmpty ? [base] : phases.map { $0.applied(to: base) }
    }

    /// Total number of optimizer steps of all phases.
    public var totalSteps: Int {
        resolvedPhases.reduce(0) { $0 + $1.schedule.totalSteps }
    }
}

extension RunConfiguration.Phase {
    /// Only values written by a configuration get here, so they parse.
    fileprivate func applied(to base: RunConfiguration) -> RunConfiguration {
        var result = base
        let fields = RunConfiguration.fields
        for override in overrides {
            var problems: [ConfigurationError.Problem] = []
            guard let field = fields.first(where: { $0.path == override.path }),
                let tree = try? YAMLReader.argument(override.value, source: "phases")
            else { preconditionFailure("a phase overrides \(override), which was never checked") }
            field.read(tree, into: &result, &problems)
            precondition(problems.isEmpty, "a phase overrides with a value that does not fit")
        }
        return result
    }
}
