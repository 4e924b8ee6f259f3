/// Keys that are fine one by one but not together.
package struct Inconsistency {
    /// The keys, the one most likely wrong first.
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
