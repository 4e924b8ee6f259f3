import Glibc

/// Outcome of a case that did not end the process.
enum CaseOutcome: Equatable {
    case accepted
    /// Type of the error and its exit status.
    case refused(String, Int32)
    case fault(String)
    /// The HDF5 library crashed.
    case libraryCrash

    /// One line, as reported by a worker.
    var line: String {
        switch self {
        case .accepted: "accepted\n"
        case .refused(let type, let status): "refused \(type) \(status)\n"
        case .libraryCrash: "library\n"
        case .fault(let text): "fault \(text.replacing("\n", with: " | "))\n"
        }
    }

    init?(line: some StringProtocol) {
        let parts = line.split(separator: " ", maxSplits: 1)
        switch parts.first {
        case "accepted": self = .accepted
        case "library": self = .libraryCrash
        case "fault": self = .fault(parts.count > 1 ? String(parts[1]) : "")
        case "refused":
            let words = line.split(separator: " ")
            guard words.count == 3, let status = Int32(words[2]) else { return nil }
            self = .refused(String(words[1]), status)
        default: return nil
        }
    }
}

/// Runs the cases of one reader in this process.
struct CaseRunner {
    let reader: any FuzzReader
    private let seed: UInt64
    private let directory: String
    private let mutator: InputMutator
    private let seedCount: Int
    /// Maximum growth of the peak resident size caused by one case, in KiB.
    private static let maximumGrowth = 384 << 10
    /// Maximum length of a message.
    private static let maximumMessage = 64 << 10

    init(_ reader: any FuzzReader, seed: UInt64, scratch: String) throws {
        self.reader = reader
        self.seed = seed
        directory = scratch + "/case"
        let seeds = try reader.seeds(scratch)
        seedCount = seeds.count
        mutator = InputMutator(seeds, scratch: scratch)
    }

    /// Returns the input of a case, the same at every call.
    func input(_ number: Int) throws -> FuzzInput {
        var random = FuzzRandom(seed: seed, reader: reader.name, number: number)
        return try mutator.input(number, reader, &random)
    }

    /// Generates and runs a case.
    func run(_ number: Int) -> (outcome: CaseOutcome, message: String) {
        let input: FuzzInput
        do {
            input = try self.input(number)
            try ScratchFiles.lay(input.files, into: directory)
        } catch {
            return (.fault("the case cannot be made: \(error)"), "")
        }
        let before = Self.greatestResidentSize()
        var (outcome, message) = read(directory)
        let growth = Self.greatestResidentSize() - before
        if growth > Self.maximumGrowth {
            let bytes = input.files.reduce(0) { $0 + $1.bytes.count }
            outcome = .fault("\(bytes) bytes of input took \(growth >> 10) MiB of memory")
        }
        if number < seedCount, case .refused = outcome {
            outcome = .fault("a good input is refused: \(message)")
        }
        return (outcome, message)
    }

    /// Reads a directory, and checks the reader's reaction.
    func read(_ directory: String) -> (outcome: CaseOutcome, message: String) {
        do {
            try reader.read(directory)
            return (.accepted, "")
        } catch {
            let message = "\(error)"
            if error is FuzzFault { return (.fault(message), message) }
            let type = type(of: error)
            guard reader.refusals.contains(where: { $0 == type }),
                let status = Refusal.status(of: error)
            else {
                return (.fault("\(type) is no refusal of this reader: \(message)"), message)
            }
            if let problem = problem(message, status) { return (.fault(problem), message) }
            return (.refused("\(type)", status), message)
        }
    }

    /// Returns the reason why a message or status is unusable for people and schedulers.
    private func problem(_ message: String, _ status: Int32) -> String? {
        guard Refusal.statuses.contains(status) else {
            return "status \(status) is not documented: \(message)"
        }
        guard reader.isPlaced(message, directory) else {
            return "the message names no file: \(message)"
        }
        guard message.utf8.count <= Self.maximumMessage else {
            return "a message of \(message.utf8.count) bytes: \(message.prefix(200))"
        }
        let control = message.unicodeScalars.first {
            $0 != "\n" && $0.properties.generalCategory == .control
        }
        if let control {
            return "the message has the control character \(control.escaped(asASCII: true)): "
                + message.unicodeScalars.map { $0.escaped(asASCII: true) }.joined()
        }
        return nil
    }

    /// Returns the peak resident size in KiB.
    private static func greatestResidentSize() -> Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss
    }
}
