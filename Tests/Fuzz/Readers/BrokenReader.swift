import Formats
import Glibc

/// A reader that violates every rule, which proves that the fuzzer detects it.
struct BrokenReader: FuzzReader {
    let name = "broken"
    let refusals: [any Error.Type] = [ConfigurationError.self]

    /// Cases that it runs, and those that must be detected.
    static let cases = 12
    static let broken = 2..<11

    private struct UnknownError: Error {}

    func seeds(_ scratch: String) throws -> [FuzzInput] {
        (0..<Self.cases).map { FuzzInput("number", "\($0)") }
    }

    func read(_ directory: String) throws {
        let text = String(decoding: try ScratchFiles.read(directory + "/number"), as: UTF8.self)
        switch Int(text) {
        case 2: fatalError("a trap")
        case 3: while true { usleep(0) }
        case 4: _ = [UInt8](repeating: 1, count: 600 << 20).count { $0 == 0 }
        case 5: _ = [UInt8](repeating: 1, count: 4 << 30).count { $0 == 0 }
        case 6: throw UnknownError()
        case 7: _ = try ConfigurationOverride(argument: "no equals sign")
        case 8: throw FuzzFault("a promise that does not hold")
        case 9: exit(3)
        case 10: kill(getpid(), SIGSEGV)
        default: break
        }
    }

    func isPlaced(_ message: String, _ directory: String) -> Bool { false }
}
