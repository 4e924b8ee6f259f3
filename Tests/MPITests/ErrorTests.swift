import MPI
import MPITestSupport
import Testing

/// Errors independent of other ranks, so that every rank sees them and continues.
@MainActor @Suite("MPI errors", .serialized) struct ErrorTests {
    @Test func aMessageTooLongSaysSo() throws {
        let communicator = TestJob.world
        let values: [Float] = [1, 2, 3]
        try values.withUnsafeBufferPointer { values in
            var send = try communicator.isend(values, to: communicator.rank, tag: 40)
            var room: [Float] = [0]
            let error = #expect(throws: MPIError.self) {
                try communicator.receive(&room, from: communicator.rank, tag: 40)
            }
            #expect(error?.category == .truncated)
            #expect(error?.function == "MPI_Test" || error?.function == "MPI_Irecv")
            #expect(error?.message.isEmpty == false)
            try send.wait()
        }
    }

    @Test func aRankOutsideTheGroupSaysSo() throws {
        let communicator = TestJob.world
        let error = #expect(throws: MPIError.self) {
            try communicator.send([Int64(1)], to: communicator.size, tag: 0)
        }
        #expect(error?.category == .rank)
        #expect(error?.function == "MPI_Isend")
        #expect(error?.description.contains("MPI_Isend failed") == true)
    }

    @Test func aNegativeTagSaysSo() throws {
        let communicator = TestJob.world
        #expect(communicator.largestTag >= 32767)
        let error = #expect(throws: MPIError.self) {
            try communicator.send([Int64(1)], to: communicator.rank, tag: -7)
        }
        #expect(error?.category == .tag)
    }

    @Test func bitwiseOrOfFloatsSaysSo() throws {
        let error = #expect(throws: MPIError.self) {
            try TestJob.world.allReduce(Float(1), .bitwiseOr)
        }
        #expect(error?.category == .operation)
        #expect(error?.function == "MPI_Iallreduce")
    }

    @Test func aCountBeyondMPIsSaysSo() throws {
        let communicator = TestJob.world
        let values = [UInt8](repeating: 0, count: 1)
        // Rejected before the memory is accessed, which does not exist.
        let error = values.withUnsafeBufferPointer { values in
            #expect(throws: MPIError.self) {
                let huge = UnsafeBufferPointer(start: values.baseAddress, count: 1 << 32)
                try communicator.send(huge, to: communicator.rank)
            }
        }
        #expect(error?.category == .count)
        #expect(error?.message.contains("send it in parts") == true)
    }
}
