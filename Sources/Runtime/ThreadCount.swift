package import Formats

/// Number of threads per rank.
public enum ThreadCount: Equatable, Sendable {
    /// The processors of the machine divided among its ranks, at least one.
    case auto
    /// A fixed number.
    case fixed(Int)
}

extension ValueKind where Value == ThreadCount {
    package static var threads: Self {
        let count = ValueKind<Int>.integer(1...4096)
        return Self(
            "auto, or \(count.expectation)",
            read: { tree, path, problems in
                if case .scalar("auto", _) = tree.content { return .auto }
                return count.read(tree, path, &problems).map { .fixed($0) }
            },
            write: { threads in
                switch threads {
                case .auto: "auto"
                case .fixed(let number): count.write(number)
                }
            })
    }
}
