import FileNames
import Glibc

extension PendingDirectory {
    /// Rule by which hidden directories are considered dead.
    public enum StaleRule: Sendable, Equatable {
        /// All: the caller knows that no one else is writing here.
        case all
        /// Directories of ended processes of this machine, and those of other machines that have
        /// not changed for the given time.
        case deadWriters(otherHostsAfterSeconds: Int)
    }

    /// Deletes the hidden directories that killed writers left in `parent`, and moves a target
    /// back whose replacement was interrupted between the two renames.
    /// - Returns: the names that were deleted or moved back.
    @discardableResult
    public static func removeStale(
        in parent: String, _ rule: StaleRule = .deadWriters(otherHostsAfterSeconds: 86_400)
    ) throws(FileError) -> [String] {
        guard try Paths.kind(of: parent) != .missing else { return [] }
        var handled: [String] = []
        for name in try Paths.names(in: parent) {
            guard let hidden = HiddenName(name) else { continue }
            let path = Paths.join(parent, name)
            guard try isStale(hidden, path, rule) else { continue }
            let target = Paths.join(parent, hidden.target)
            if hidden.isReplaced, try Paths.kind(of: target) == .missing {
                guard withSystemPaths(path, target, { rename($0, $1) }) == 0 else {
                    throw .system(path, "move it back", isWriting: true)
                }
            } else {
                try Paths.remove(path)
            }
            handled.append(name)
        }
        return handled
    }

    private static func isStale(
        _ name: HiddenName, _ path: String, _ rule: StaleRule
    ) throws(FileError) -> Bool {
        guard case .deadWriters(let seconds) = rule else { return true }
        if [TemporaryName.writer, TemporaryName.host()].contains(name.host) {
            return kill(name.process, 0) != 0 && errno == ESRCH
        }
        guard let status = try Paths.status(of: path) else { return false }
        return time(nil) - status.changed > seconds
    }

    /// Components of `.TARGET.pending-HOST-PID-RANDOM`.
    private struct HiddenName {
        var target: String
        var isReplaced: Bool
        var host: String
        var process: pid_t

        init?(_ name: String) {
            // From the right: host, process and random part hold no "-", the target may. Cut at bytes:
            // the target may begin with a mark that combines with the dot.
            let dash = UInt8(ascii: "-")
            let parts = name.utf8.split(separator: dash, omittingEmptySubsequences: false)
            guard name.utf8.first == UInt8(ascii: "."), parts.count >= 4,
                let process = pid_t(Substring(parts[parts.count - 2]))
            else { return nil }
            let front = Array(parts.dropLast(3).joined(separator: CollectionOfOne(dash))) + [dash]
            func ends(with mark: String) -> Bool {
                front.suffix(mark.utf8.count + 1) == [UInt8](".\(mark)".utf8)[...]
            }
            isReplaced = ends(with: Mark.replaced)
            let mark = isReplaced ? Mark.replaced : Mark.pending
            guard ends(with: mark) else { return nil }
            target = String(
                decoding: front.dropFirst().dropLast(mark.utf8.count + 1), as: UTF8.self)
            host = String(Substring(parts[parts.count - 3]))
            self.process = process
        }
    }
}
