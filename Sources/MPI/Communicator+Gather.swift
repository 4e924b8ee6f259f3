import CMPI

extension Communicator {
    /// Gathers every rank's value on all ranks, in rank order. Collective.
    public func allGather<Element: MPIElement>(_ value: Element) throws(MPIError) -> [Element] {
        try allGather([value])
    }

    /// Gathers every rank's elements on all ranks, concatenated in rank order. The count must be
    /// the same everywhere. Collective.
    public func allGather<Element: MPIElement>(_ values: [Element]) throws(MPIError) -> [Element] {
        guard let first = values.first else {
            try barrier()
            return []
        }
        let count = try narrow(values.count, "MPI_Iallgather")
        var all = [Element](repeating: first, count: values.count * size)
        try all.withUnsafeMutableBufferPointer { (all) throws(MPIError) in
            try values.withUnsafeBufferPointer { (values) throws(MPIError) in
                try complete("MPI_Iallgather") {
                    cmpi_iallgather(
                        values.baseAddress, count, Element.mpiType.handle, all.baseAddress, handle,
                        $0)
                }
            }
        }
        return all
    }

    /// Gathers every rank's bytes, of any length, on all ranks: element r of the result is from
    /// rank r. Collective.
    public func allGather(bytes: [UInt8]) throws(MPIError) -> [[UInt8]] {
        let counts = try allGather(Int64(bytes.count))
        let layout = try GatherLayout(counts: counts, "MPI_Iallgatherv")
        var all = [UInt8](repeating: 0, count: layout.total)
        try all.withUnsafeMutableBufferPointer { (all) throws(MPIError) in
            try bytes.withUnsafeBufferPointer { (bytes) throws(MPIError) in
                try layout.withPointers { (counts, offsets) throws(MPIError) in
                    try complete("MPI_Iallgatherv") {
                        cmpi_iallgatherv(
                            bytes.baseAddress, Int32(bytes.count), MPIType.uint8.handle,
                            all.baseAddress, counts, offsets, handle, $0)
                    }
                }
            }
        }
        return layout.divide(all)
    }
}

/// Layout of each rank's bytes in a gathered buffer. The same on all ranks, so all throw or none
/// does.
private struct GatherLayout {
    /// Bytes from each rank.
    private let counts: [Int32]
    /// First byte of each rank.
    private let offsets: [Int32]
    /// Bytes of all ranks.
    let total: Int

    init(counts: [Int64], _ function: StaticString) throws(MPIError) {
        var offsets: [Int32] = []
        var total = 0
        for count in counts {
            offsets.append(try narrow(total, function))
            total += Int(count)
        }
        _ = try narrow(total, function)
        self.counts = counts.map { Int32($0) }
        self.offsets = offsets
        self.total = total
    }

    /// Calls `body` with counts and offsets, whose memory is fixed until it returns, because the
    /// library reads them until the nonblocking call is complete.
    func withPointers(
        _ body: (UnsafePointer<Int32>, UnsafePointer<Int32>) throws(MPIError) -> Void
    ) throws(MPIError) {
        try counts.withUnsafeBufferPointer { (counts) throws(MPIError) in
            try offsets.withUnsafeBufferPointer { (offsets) throws(MPIError) in
                // A communicator has at least one rank, so neither is empty.
                guard let counts = counts.baseAddress, let offsets = offsets.baseAddress else {
                    return
                }
                try body(counts, offsets)
            }
        }
    }

    /// Splits the gathered bytes into one array per rank.
    func divide(_ all: [UInt8]) -> [[UInt8]] {
        zip(offsets, counts).map { Array(all[Int($0)..<Int($0) + Int($1)]) }
    }
}
