import DurableFiles
import ExitCoding
import FoundationEssentials
import Glibc

/// Output of benchmarks.
enum Output {
    /// A table whose first column is left-aligned and whose others are right-aligned.
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

    /// Prints one JSON object on one line, with sorted keys in snake case.
    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = .sortedKeys
        print(String(decoding: try encoder.encode(value), as: UTF8.self))
        // A child's output is a pipe, which is only written when full.
        fflush(nil)
    }

    /// Prints a note that is not a result.
    static func note(_ text: String) {
        StandardStreams.tell("bert-bench: \(text)")
    }
}

/// An error that prevents a benchmark, or invalidates its time.
struct BenchmarkError: ExitCoded, CustomStringConvertible {
    let description: String
    /// Exit status of sysexits(3): that of a bug, unless the options or the machine are the cause.
    let exitCode: Int32

    init(_ description: String, exitCode: Int32 = ExitStatus.bug) {
        self.description = description
        self.exitCode = exitCode
    }
}
