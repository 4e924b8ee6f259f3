import Formats
import Optimization

/// One key of the configuration, for documents, help and their tests.
public struct ConfigurationKey: Sendable {
    /// Dotted path, such as `optimizer.learning_rate`.
    public let path: String
    /// The allowed values, in words.
    public let expectation: String
    /// The default, as YAML.
    public let defaultValue: String
    /// The meaning of the value, in the words of the documents (Markdown).
    public let meaning: String
}

extension RunConfiguration {
    /// Every key, in the order of the documents. The keys of `precision.loss_scale` follow it.
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
