import Distributed
import MPI
import MPITestSupport
import Testing

@MainActor @Suite("Agreement", .serialized) struct AgreementTests {
    private struct Trouble: Error, CustomStringConvertible {
        let description: String
    }

    @Test func oneRankIsEnoughForAny() throws {
        try TestJob.forEachCommunicator { communicator, name in
            let agreement = Agreement(among: communicator)
            for one in 0..<communicator.size {
                #expect(try agreement.anyTrue(communicator.rank == one), "\(name)")
            }
            let isAny = try agreement.anyTrue(false)
            #expect(!isAny, "\(name)")
        }
    }

    @Test func theLowestFailingRankSpeaksForAll() throws {
        try TestJob.forEachCommunicator { communicator, name in
            let agreement = Agreement(among: communicator)
            #expect(try agreement.firstFailure(nil) == nil, "\(name)")
            for first in 0..<communicator.size {
                let isFailing = communicator.rank >= first
                let failure = try agreement.firstFailure(
                    isFailing ? "disk \(communicator.rank) full — déjà vu" : nil)
                #expect(failure?.rank == first, "\(name)")
                #expect(failure?.message == "disk \(first) full — déjà vu", "\(name)")
                #expect(failure?.failedRanks == communicator.size - first, "\(name)")
            }
            let failure = try agreement.firstFailure(communicator.rank == 0 ? "" : nil)
            #expect(failure?.message == "", "an empty message is a failure too")
            #expect(failure?.description == "rank 0: ")
        }
    }

    @Test func allThrowWhatOneThrows() throws {
        try TestJob.forEachCommunicator { communicator, name in
            let agreement = Agreement(among: communicator)
            let last = communicator.size - 1
            let failure = #expect(throws: Agreement.Failure.self) {
                try agreement.throwingTogether {
                    if communicator.rank == last { throw Trouble(description: "no such file") }
                }
            }
            #expect(failure?.description == "rank \(last): no such file", "\(name)")
            let result = try agreement.throwingTogether { communicator.rank * 2 }
            #expect(result == communicator.rank * 2, "\(name)")
        }
    }

    @Test func sumsDoNotDependOnOrderOrNumberOfRanks() throws {
        try TestJob.forEachCommunicator { communicator, name in
            let agreement = Agreement(among: communicator)
            let size = communicator.size
            let sums = try agreement.sum([Int64(1) << 60, Int64(communicator.rank)])
            #expect(sums == [Int64(size) &<< 60, Int64(size * (size - 1) / 2)], "\(name)")
            // Plain addition would lose the small value next to the huge ones that cancel.
            let isFirst = communicator.rank == 0
            let isLast = communicator.rank == size - 1
            let huge = (isFirst ? 1e100 : 0) - (isLast ? 1e100 : 0)
            let exact = try agreement.sum([huge, 0.5])
            #expect(exact == [0, 0.5 * Double(size)], "\(name)")
            let small = try agreement.sum([huge + (isFirst || isLast ? 0 : 1e-3)])
            #expect(abs(small[0] - 1e-3 * Double(max(0, size - 2))) <= 1e-15, "\(name)")
            let nothing = try agreement.sum([Double]())
            #expect(nothing == [], "\(name)")
        }
    }
}

@Suite("Exact sum") struct ExactSumTests {
    /// Expected values from Python 3.11's math.fsum, printed with repr.
    @Test func agreesWithFsum() {
        #expect(exactSum([]) == 0)
        #expect(exactSum([Double](repeating: 0.1, count: 10)) == 1)
        #expect(exactSum([1e100, 1, -1e100]) == 1)
        #expect(exactSum([1e16, 1, 1e-16]) == 1.0000000000000002e16)
        #expect(exactSum([9_007_199_254_740_992, 1]) == 9_007_199_254_740_992)
        #expect(exactSum([9_007_199_254_740_992, 1, 1e-30]) == 9_007_199_254_740_994)
        #expect(exactSum([9_007_199_254_740_992, 1, -1e-30]) == 9_007_199_254_740_992)
        #expect(exactSum((1...1000).map { 1 / Double($0) }) == 7.485470860550345)
    }

    @Test func valuesThatAreNotFiniteComeThrough() {
        #expect(exactSum([1, .infinity]) == .infinity)
        #expect(exactSum([.infinity, -.infinity]).isNaN)
        #expect(exactSum([1, .nan]).isNaN)
    }
}
