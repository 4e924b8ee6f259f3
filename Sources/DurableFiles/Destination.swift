import Glibc

/// Kind of output that a path names.
package enum Destination: Equatable {
    /// A plain file, possibly not created yet, after resolving all symbolic links: it can be
    /// replaced.
    case file(String)
    /// A pipe or device: it is written to directly.
    case stream(String)
    /// Something this process already has open, such as `/dev/stdout`.
    case descriptor(Int32)

    /// Maximum number of links followed, as in Linux.
    private static let maximumLinks = 40

    /// Follows the symbolic links at `path`.
    package init(_ path: String) throws(FileError) {
        var path = path
        for _ in 0..<Self.maximumLinks {
            switch try Paths.kind(of: path) {
            case .missing, .file, .directory:
                self = .file(path)
                return
            case .other:
                self = .stream(path)
                return
            case .symbolicLink:
                if let number = Self.descriptor(path) {
                    self = .descriptor(number)
                    return
                }
                let link = try Paths.linkTarget(of: path)
                path = Paths.isAbsolute(link) ? link : Paths.join(Paths.parent(of: path), link)
            }
        }
        throw FileError(.badData, path, "is a loop of symbolic links")
    }

    /// The number of a link of `/proc/self/fd`, whose target may have no path.
    private static func descriptor(_ path: String) -> Int32? {
        guard let number = Int32(Paths.name(of: path)),
            Paths.resolved(Paths.parent(of: path)) == "/proc/\(getpid())/fd"
        else { return nil }
        return number
    }
}

extension Paths {
    /// Finds the path at which a directory is created or replaced: after resolving the symbolic
    /// links of `path`, which are unchanged.
    static func destination(of path: String) throws(FileError) -> String {
        guard case .file(let target) = try Destination(path) else { return path }
        return target
    }
}
