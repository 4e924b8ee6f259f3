import DurableFiles
import HDF5

/// Rules for replacing an existing directory: only one of the same kind is replaced.
enum Replacement {
    /// Whether a target may be replaced: one of the right kind that is to be, or an empty directory.
    static func isAllowed(
        _ target: String, replacing: Bool, kind: String, isKind: (String) throws -> Bool
    ) throws -> Bool {
        if try Paths.kind(of: target) == .directory, try Paths.names(in: target).isEmpty {
            return true
        }
        if replacing { try prepare(target, kind: kind, isKind: isKind) }
        return replacing
    }
    /// The advice in the message about an existing directory.
    static let remedy = "--force replaces it, or choose another name"

    /// Mends what a killed replacement left halfway, and throws if something else than a directory
    /// of the right kind would be deleted.
    /// - Parameters:
    ///   - target: the directory to be made.
    ///   - kind: what it will be, for the message.
    ///   - isKind: whether the directory at a path is one.
    private static func prepare(
        _ target: String, kind: String, isKind: (String) throws -> Bool
    ) throws {
        // Leftovers of others that cannot be deleted are no obstacle.
        _ = try? PendingDirectory.removeStale(in: Paths.parent(of: target))
        guard try Paths.exists(target) else { return }
        // Neither kind has directories inside: one that does holds something of its owner's.
        guard try Paths.isDirectory(target),
            try Paths.names(in: target).isEmpty || isKind(target),
            try !Paths.names(in: target).contains(where: {
                try Paths.kind(of: Paths.join(target, $0)) == .directory
            })
        else {
            throw FileError(
                .exists, target,
                "is not just \(kind), and nothing else is replaced; choose another name, or delete"
                    + " it yourself")
        }
    }
}

extension Checkpoint {
    /// Whether the directory is a checkpoint, perhaps a damaged one.
    static func isOne(_ path: String) throws -> Bool {
        do {
            _ = try Checkpoint(directory: path)
            return true
        } catch  where isFaultOfContent(error) {}
        do {
            _ = try ModelFile.open(directory: path)
            return true
        } catch  where isFaultOfContent(error) {
            return false
        }
    }

    /// Whether an error says that a checkpoint is damaged or no checkpoint, and not that it could
    /// not be read now.
    public static func isFaultOfContent(_ error: any Error) -> Bool {
        switch error {
        case is CheckpointError: true
        case let error as FileError: error.cause != .inputOutput
        case let error as HDF5Error: ![.inputOutput, .memory].contains(error.cause)
        default: false
        }
    }
}
