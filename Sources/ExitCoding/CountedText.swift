/// Formats a count with its noun in the right form: "1 rank", "2 ranks".
///
/// - Parameter plural: plural form; nil appends an s to `singular`.
package func counted(_ value: Int, _ singular: String, _ plural: String? = nil) -> String {
    "\(value) \(value == 1 ? singular : plural ?? singular + "s")"
}
