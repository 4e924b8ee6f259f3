import Formats
import Optimization

/// A configuration key, for documentation, help and their tests.
public struct ConfigurationKey: Sendable {
    /// Dotted path, such as `optimizer.learning_rate`.
    public let path: String
    /// Allowed values, in words.
    public let expectation: String
    /// Default value, as YAML.
    public let defaultValue: String
    /// Meaning of the value, as worded in the documents (Markdown).
    public let meaning: String
}

extension RunConfiguration {
    /// Every key, in the order of the documents, followed by those of `precision.loss_scale`.
    public static var keys: [ConfigurationKey] {
        let defaults = RunConfiguration()
        return Self.fields.flatMap { field in
            let key = ConfigurationKey(
                path: field.path, expectation: field.expectation,
                defaultValue: field.write(defaults), meaning: field.meaning)
            guard field.path == "precision.loss_scale" else { return [key] }
            let scale = LossScaler.Dynamic()
            return [key]
                + LossScaler.Dynamic.fields.map {
                    ConfigurationKey(
                        path: "\(field.path).\($0.path)", expectation: $0.expectation,
                        defaultValue: $0.write(scale), meaning: $0.meaning)
                }
        }
    }
}
