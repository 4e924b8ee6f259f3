import DurableFiles
import HDF5

/// Rules for replacing an existing directory: only by one of the same kind.
enum Replacement {
    /// Whether a target may be replaced: it is an empty directory, or one of the right kind and
    /// replacement was requested.
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

    /// Repairs what a killed replacement left unfinished, and throws if something other than a
    /// directory of the right kind would be deleted.
    /// - Parameters:
    ///   - target: path of the directory to make.
    ///   - kind: description of its kind, for the message.
    ///   - isKind: whether the directory at a path is of that kind.
    private static func prepare(
        _ target: String, kind: String, isKind: (String) throws -> Bool
    ) throws {
        // Undeletable leftovers of other users do not matter.
        _ = try? PendingDirectory.removeStale(in: Paths.parent(of: target))
        guard try Paths.exists(target) else { return }
        // Neither kind contains directories, so one that does contains something of its owner's.
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
    /// Whether the directory is a checkpoint, possibly a damaged one.
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

    /// Whether an error means that a checkpoint is damaged or not a checkpoint, as opposed to
    /// temporarily unreadable.
    public static func isFaultOfContent(_ error: any Error) -> Bool {
        switch error {
        case is CheckpointError: true
        case let error as FileError: error.cause != .inputOutput
        case let error as HDF5Error: ![.inputOutput, .memory].contains(error.cause)
        default: false
        }
    }
}
