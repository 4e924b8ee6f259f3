import DurableFiles
import Glibc

/// Runs the cases of several readers in worker processes, in batches and in turns.
struct Campaign {
    /// The cases to run.
    struct Plan {
        var readers: [any FuzzReader]
        var seed: UInt64
        /// First case of each reader.
        var first = 0
        /// Number of cases of a reader of cost 1; nil continues until `seconds` have passed.
        var cases: Int?
        /// Seconds for all cases.
        var seconds: Int
        var workers: Int
        var limits = WorkerLimits()
        /// Folder for inputs of findings.
        var findings: String
    }

    /// Maximum duration of a batch in seconds, so that readers take turns.
    private static let batchSeconds = 8
    /// Number of findings of a reader whose inputs are kept, and after which it is no longer run.
    private static let maximumFindings = 40

    private let plan: Plan
    private let scratch: String
    private let start = time(nil)
    private var report = FuzzReport()
    /// Next case of each reader.
    private var next: [Int]
    private var isBusy: [Bool]
    private var turn = 0
    private var running: [(place: Int, worker: WorkerProcess, since: Double)] = []

    init(_ plan: Plan) throws {
        self.plan = plan
        scratch = try ScratchFiles.makeRoot()
        next = plan.readers.map { _ in plan.first }
        isBusy = plan.readers.map { _ in false }
    }

    /// Runs everything.
    mutating func run() throws -> FuzzReport {
        defer { try? Paths.remove(scratch) }
        while true {
            while running.count < plan.workers, let place = nextReader() { try begin(place) }
            if running.isEmpty { return report }
            var polled = running.map {
                pollfd(fd: $0.worker.output, events: Int16(POLLIN), revents: 0)
            }
            guard poll(&polled, nfds_t(polled.count), 1000) > 0 else { continue }
            for index in polled.indices.reversed() where polled[index].revents != 0 {
                try take(index)
            }
        }
    }

    /// Returns one more than the last case of a reader.
    private func end(_ place: Int) -> Int {
        guard let cases = plan.cases else { return .max }
        return plan.first + max(1, cases / plan.readers[place].cost)
    }

    private var isOver: Bool { time(nil) - start >= plan.seconds }

    /// Returns the next reader in turn that has cases to run.
    private mutating func nextReader() -> Int? {
        guard !isOver else { return nil }
        for _ in plan.readers.indices {
            let place = turn % plan.readers.count
            turn += 1
            let faults = report.readers[plan.readers[place].name]?.faults ?? 0
            if !isBusy[place], next[place] < end(place), faults < Self.maximumFindings {
                return place
            }
        }
        return nil
    }

    private mutating func begin(_ place: Int) throws {
        let reader = plan.readers[place]
        let directory = Paths.join(scratch, reader.name)
        try Paths.createDirectory(directory)
        let seconds = min(Self.batchSeconds, max(1, plan.seconds - (time(nil) - start)))
        let count = min(end(place) - next[place], 100_000)
        let worker = try WorkerProcess(
            reader: reader.name, cases: next[place]..<next[place] + count,
            arguments: [
                "--seed", "\(plan.seed)", "--seconds", "\(seconds)",
                "--case-seconds", "\(plan.limits.seconds)", "--megabytes",
                "\(plan.limits.bytes >> 20)",
            ], scratch: directory)
        isBusy[place] = true
        running.append((place, worker, Self.now))
    }

    private mutating func take(_ index: Int) throws {
        let (place, worker, since) = running[index]
        if let outcomes = worker.take() {
            for (number, outcome) in outcomes {
                report.count(outcome, reader: worker.reader)
                if case .fault(let text) = outcome { keep(place, number, text) }
            }
            next[place] = worker.next
            return
        }
        running.remove(at: index)
        isBusy[place] = false
        report.add(seconds: Self.now - since, reader: worker.reader)
        next[place] = worker.next
        if let outcome = worker.finish() {
            report.count(outcome, reader: worker.reader)
            if case .fault(let text) = outcome { keep(place, worker.next, text) }
            next[place] += 1
        }
    }

    /// Reports a finding and keeps its input.
    private func keep(_ place: Int, _ number: Int, _ text: String) {
        let reader = plan.readers[place]
        print("FOUND \(reader.name) \(number): \(text)")
        fflush(nil)
        do {
            let directory = Paths.join(plan.findings, "\(reader.name)-\(number)")
            let making = Paths.join(scratch, "keep-\(reader.name)")
            try Paths.createDirectory(making)
            let runner = try CaseRunner(reader, seed: plan.seed, scratch: making)
            try ScratchFiles.lay(try runner.input(number).files, into: directory)
            try ScratchFiles.write(Array((text + "\n").utf8), to: directory + ".txt")
        } catch {
            print("its input cannot be kept: \(error)")
        }
    }

    private static var now: Double {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
    }
}
