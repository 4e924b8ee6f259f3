/// A number of things with their name in the right form: "1 rank", "2 ranks".
///
/// - Parameter plural: where it is not `singular` with an s.
package func counted(_ value: Int, _ singular: String, _ plural: String? = nil) -> String {
    "\(value) \(value == 1 ? singular : plural ?? singular + "s")"
}
