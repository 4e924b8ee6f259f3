/// Outcomes of the cases, by reader.
struct FuzzReport {
    /// Outcomes of one reader.
    struct Counts {
        var accepted = 0
        var refused: [String: Int] = [:]
        var faults = 0
        var libraryCrashes = 0
        var seconds = 0.0

        var cases: Int { accepted + faults + libraryCrashes + refused.values.reduce(0, +) }
    }

    private(set) var readers: [String: Counts] = [:]

    /// Number of all cases.
    var cases: Int { readers.values.reduce(0) { $0 + $1.cases } }
    /// Findings of all readers.
    var faults: Int { readers.values.reduce(0) { $0 + $1.faults } }

    mutating func count(_ outcome: CaseOutcome, reader: String) {
        switch outcome {
        case .accepted: readers[reader, default: Counts()].accepted += 1
        case .refused(let type, let status):
            readers[reader, default: Counts()].refused["\(type) \(status)", default: 0] += 1
        case .libraryCrash: readers[reader, default: Counts()].libraryCrashes += 1
        case .fault: readers[reader, default: Counts()].faults += 1
        }
    }

    mutating func add(seconds: Double, reader: String) {
        readers[reader, default: Counts()].seconds += seconds
    }

    /// Table with one reader per line.
    var text: String {
        func padded(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        var lines = [
            "reader               cases  accepted   refused  findings    libhdf5  seconds  refusals"
        ]
        for (name, counts) in readers.sorted(by: { $0.key < $1.key }) {
            let kinds = counts.refused.sorted { $0.value > $1.value }
                .map { "\($0.key): \($0.value)" }.joined(separator: ", ")
            let name = name + String(repeating: " ", count: max(0, 16 - name.count))
            lines.append(
                name + padded("\(counts.cases)", 10) + padded("\(counts.accepted)", 10)
                    + padded("\(counts.refused.values.reduce(0, +))", 10)
                    + padded("\(counts.faults)", 10)
                    + padded("\(counts.libraryCrashes)", 11) + padded("\(Int(counts.seconds))", 9)
                    + "  " + kinds)
        }
        lines.append("\(cases) cases, \(faults) findings")
        return lines.joined(separator: "\n") + "\n"
    }
}
