import ExitCoding
public import MPI

/// Named inputs that must match on every rank of a job (settings, digests of files), and their
/// comparison over all ranks.
///
/// Each rank reads its own files, and a stale cache or a local copy may give one of them another
/// file. Nothing else detects that: a different learning rate trains, a different batch leaves the
/// ranks waiting for each other.
public struct SharedInputs {
    private var values: [(name: String, value: String)] = []

    /// Maximum number of mismatching names in a message.
    private static let listedNames = 20

    /// Creates an empty collection of inputs.
    public init() {}

    /// Adds an input; a file's value is its digest. Each name is added once.
    public mutating func add(_ name: String, _ value: String) {
        values.append((name, value))
    }

    /// Compares the inputs of all ranks with those of rank 0. Collective; costs one broadcast and
    /// one reduction.
    ///
    /// - Throws: `Agreement.Failure` (78) on all ranks, naming the mismatches with their ranks and
    ///   hosts; `MPIError`.
    public func requireEqual(among communicator: Communicator) throws {
        let own = FlatTexts(values.flatMap { [$0.name, $0.value] })
        let root = FlatTexts(bytes: try communicator.broadcast(bytes: own.bytes))
        let differing = Self.names(where: own, differs: root)
        guard try Agreement(among: communicator).anyTrue(!differing.isEmpty) else { return }
        throw try failure(differing, communicator)
    }

    /// Returns the names whose values in `own` and `root` differ.
    private static func names(where own: FlatTexts, differs root: FlatTexts) -> [String] {
        guard own.bytes != root.bytes else { return [] }
        let (mine, theirs) = (own.pairs, root.pairs)
        let (own, root) = (Dictionary(mine), Dictionary(theirs))
        var seen: Set<String> = []
        return (theirs + mine).map(\.0).filter { own[$0] != root[$0] && seen.insert($0).inserted }
    }

    private func failure(
        _ differing: [String], _ communicator: Communicator
    ) throws(MPIError) -> Agreement.Failure {
        let names = try Self.union(differing, communicator)
        let mine = Dictionary(values.map { ($0.name, $0.value) })
        // An empty text marks a rank without the input, so values are prefixed.
        let report = FlatTexts(
            [MPIEnvironment.processorName]
                + names.prefix(Self.listedNames).map { name in mine[name].map { "=" + $0 } ?? "" })
        let reports = try communicator.allGather(bytes: report.bytes).map {
            FlatTexts(bytes: $0).texts
        }
        var lines = names.prefix(Self.listedNames).enumerated().map { index, name in
            "  \(name): \(Self.groups(reports.map { (host: $0[0], value: $0[index + 1]) }))"
        }
        if names.count > lines.count { lines.append("  and \(names.count - lines.count) more") }
        let message =
            "the ranks were started with different inputs; all need the same. Look for a stale cache of a "
            + "network file system, or local copies of which one is out of date:\n"
            + lines.joined(separator: "\n")
        return Agreement.Failure(
            rank: 0, message: message, exitCode: ExitStatus.configuration,
            failedRanks: communicator.size)
    }

    /// Returns the names that differ on any rank, in the order of the lowest ranks that have them.
    private static func union(
        _ names: [String], _ communicator: Communicator
    ) throws(MPIError) -> [String] {
        var seen: Set<String> = []
        return try communicator.allGather(bytes: FlatTexts(names).bytes).flatMap {
            FlatTexts(bytes: $0).texts
        }.filter { seen.insert($0).inserted }
    }

    /// Lists values with the ranks that have them: the most frequent value first, the ranks of the
    /// others by number and host.
    private static func groups(_ reports: [(host: String, value: String)]) -> String {
        let ranks = Dictionary(grouping: reports.indices) { reports[$0].value }
        let sorted = ranks.sorted {
            ($1.value.count, $0.value[0]) < ($0.value.count, $1.value[0])
        }
        return sorted.enumerated().map { place, group in
            let value = group.key.isEmpty ? "nothing" : String(group.key.dropFirst().prefix(160))
            guard place > 0 || sorted.count == 1 || group.value.count == 1 else {
                return "\(value) on \(group.value.count) ranks"
            }
            return "\(value) on \(Self.place(group.value, hosts: reports.map(\.host)))"
        }.joined(separator: "; ")
    }

    private static func place(_ ranks: [Int], hosts: [String]) -> String {
        let listed = ranks.prefix(8).map { "rank \($0) (\(hosts[$0]))" }.joined(separator: ", ")
        return ranks.count > 8 ? "\(listed) and \(ranks.count - 8) more" : listed
    }
}

/// Texts concatenated in one block of bytes, each followed by a zero byte.
private struct FlatTexts {
    let bytes: [UInt8]

    init(_ texts: [String]) {
        bytes = texts.flatMap { text in text.utf8.filter { $0 != 0 } + [0] }
    }

    init(bytes: [UInt8]) { self.bytes = bytes }

    var texts: [String] {
        bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast().map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    /// Names with their values.
    var pairs: [(String, String)] {
        let texts = texts
        return stride(from: 0, to: texts.count - 1, by: 2).map { (texts[$0], texts[$0 + 1]) }
    }
}

extension Dictionary<String, String> {
    fileprivate init(_ pairs: [(String, String)]) {
        self.init(pairs, uniquingKeysWith: { first, _ in first })
    }
}
