/// Report of the waiting ranks and those they wait for.
package struct WaitReport {
    private let places: [Int: String]
    private let working: Set<Int>
    private let hosts: [String]
    /// Ranks that did not answer.
    package let missing: [Int]

    /// Maximum number of waiting ranks that are named.
    private static let named = 4

    /// - Parameters:
    ///   - places: current operation of the ranks that answered.
    ///   - working: those of them that are working and not waiting.
    ///   - hosts: host names of all ranks.
    package init(places: [Int: String], working: Set<Int> = [], hosts: [String]) {
        self.places = places
        self.working = working
        self.hosts = hosts
        missing = hosts.indices.filter { places[$0] == nil }
    }

    /// Text of the report.
    package var text: String {
        let ranks = places.keys.sorted()
        let first = ranks.prefix(Self.named).map {
            "rank \($0) on \(hosts[$0]) \(verb($0)) \(places[$0] ?? "")"
        }
        let more = ranks.count - first.count
        let waiting =
            first.joined(separator: "; ") + (more > 0 ? "; and \(more) more answer" : "")
        guard !missing.isEmpty else {
            return
                "all ranks answer, but none makes progress: \(waiting). The job is ended. This is a bug: "
                + "please report this message"
        }
        return
            "\(missingRanks) no longer answer\(missing.count == 1 ? "s" : ""): \(waiting). The job "
            + "is ended; start it again and it resumes from its last checkpoint. Look at that "
            + "process, its host and the network; if it is only slow, raise parallel.timeout"
    }

    private func verb(_ rank: Int) -> String { working.contains(rank) ? "is" : "waits in" }

    /// "rank 3 on node2", "ranks 2, 3 on node2 (all of that host)".
    private var missingRanks: String {
        var byHost: [(host: String, ranks: [Int])] = []
        for rank in missing {
            if let index = byHost.firstIndex(where: { $0.host == hosts[rank] }) {
                byHost[index].ranks.append(rank)
            } else {
                byHost.append((hosts[rank], [rank]))
            }
        }
        return byHost.map { host, ranks in
            let list = ranks.map(String.init).joined(separator: ", ")
            let isWhole = ranks.count == hosts.count { $0 == host }
            return "rank\(ranks.count == 1 ? "" : "s") \(list) on \(host)"
                + (isWhole ? " (all of that host)" : "")
        }.joined(separator: " and ")
    }
}
