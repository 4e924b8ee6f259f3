import DurableFiles
import ExitCoding
import FoundationEssentials
import Glibc

/// What benchmarks print.
enum Output {
    /// A table whose first column stands left and whose others stand right.
    static func table(_ head: [String], _ rows: [[String]]) {
        let widths = head.indices.map { column in
            ([head] + rows).map { $0[column].count }.max() ?? 0
        }
        for row in [head] + rows {
            let cells = head.indices.map { column in
                let gap = String(repeating: " ", count: widths[column] - row[column].count)
                return column == 0 ? row[column] + gap : gap + row[column]
            }
            print(cells.joined(separator: "  "))
        }
    }

    /// One JSON object on one line, its keys in snake case and sorted.
    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = .sortedKeys
        print(String(decoding: try encoder.encode(value), as: UTF8.self))
        // A child's output is a pipe, which is written when full.
        fflush(nil)
    }

    /// A note that is no result.
    static func note(_ text: String) {
        StandardStreams.tell("bert-bench: \(text)")
    }
}

/// Why a benchmark cannot be run or is not worth its time.
struct BenchmarkError: ExitCoded, CustomStringConvertible {
    let description: String
    /// The status of sysexits(3): that of a bug, unless the options or the machine are to blame.
    let exitCode: Int32

    init(_ description: String, exitCode: Int32 = ExitStatus.bug) {
        self.description = description
        self.exitCode = exitCode
    }
}
