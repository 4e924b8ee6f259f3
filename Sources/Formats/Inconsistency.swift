/// Keys that are valid individually but inconsistent.
package struct Inconsistency {
    /// The keys, the most likely wrong one first.
    package let paths: [String]
    /// The message, beginning with the first path.
    package let message: String

    package init(paths: [String], message: String) {
        self.paths = paths
        self.message = message
    }

    /// The first components of the paths.
    package var sections: [String] { paths.map { String($0.prefix { $0 != "." }) } }
}
