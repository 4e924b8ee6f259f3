import DurableFiles

/// What a new directory may replace: one of its own kind, and nothing else.
enum Replacement {
    /// Whether a target may be replaced: one of the right kind that is to be, or an empty directory.
    static func isAllowed(
        _ target: String, replacing: Bool, kind: String, isKind: (String) -> Bool
    ) throws -> Bool {
        if Paths.kind(of: target) == .directory, try Paths.names(in: target).isEmpty { return true }
        if replacing { try prepare(target, kind: kind, isKind: isKind) }
        return replacing
    }

    /// Mends what a killed replacement left halfway, and throws if something else than a directory
    /// of the right kind would be deleted.
    /// - Parameters:
    ///   - target: the directory to be made.
    ///   - kind: what it will be, for the message.
    ///   - isKind: whether the directory at a path is one.
    private static func prepare(
        _ target: String, kind: String, isKind: (String) -> Bool
    ) throws {
        // Leftovers of others that cannot be deleted are no obstacle.
        _ = try? PendingDirectory.removeStale(in: Paths.parent(of: target))
        guard Paths.kind(of: target) != .missing else { return }
        // Neither kind has directories inside: one that does holds something of its owner's.
        guard Paths.kind(of: target) == .directory, isKind(target),
            try !Paths.names(in: target).contains(where: {
                Paths.kind(of: Paths.join(target, $0)) == .directory
            })
        else {
            throw FileError(
                .inputOutput, target,
                "is not just \(kind), and nothing else is replaced; choose another name, or delete"
                    + " it yourself")
        }
    }
}

extension Checkpoint {
    /// Whether the directory is a checkpoint, perhaps a damaged one.
    static func isOne(_ path: String) -> Bool {
        if (try? Checkpoint(directory: path)) != nil { return true }
        do {
            _ = try ModelFile.open(directory: path)
            return true
        } catch {
            return false
        }
    }
}
