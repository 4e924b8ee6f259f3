import CMPI

/// Elements per library call. Longer buffers are split into several calls, so a buffer may exceed
/// MPI's 32-bit counts.
private let elementsPerCall = 1 << 28

extension Communicator {
    /// Returns when all ranks have called. Collective.
    public func barrier() throws(MPIError) {
        try complete("MPI_Ibarrier") { cmpi_ibarrier(handle, $0) }
    }

    /// Copies the root's elements to all ranks; the count must be the same everywhere. Collective.
    public func broadcast<Element: MPIElement>(
        _ buffer: UnsafeMutableBufferPointer<Element>, root: Int = 0
    ) throws(MPIError) {
        try inParts(buffer) { (part) throws(MPIError) in
            try complete("MPI_Ibcast") {
                cmpi_ibcast(
                    part.baseAddress, Int32(part.count), Element.mpiType.handle, Int32(root),
                    handle, $0)
            }
        }
    }

    /// Copies the root's elements to all ranks; the count must be the same everywhere. Collective.
    public func broadcast<Element: MPIElement>(
        _ values: inout [Element], root: Int = 0
    ) throws(MPIError) {
        try values.withUnsafeMutableBufferPointer { (buffer) throws(MPIError) in
            try broadcast(buffer, root: root)
        }
    }

    /// Copies the root's value to all ranks. Collective.
    public func broadcast<Element: MPIElement>(
        _ value: Element, root: Int = 0
    ) throws(MPIError) -> Element {
        var values = [value]
        try broadcast(&values, root: root)
        return values[0]
    }

    /// Copies the root's bytes to all ranks. Only the root's argument is used, so others need not
    /// know the length. Collective.
    public func broadcast(bytes: [UInt8], root: Int = 0) throws(MPIError) -> [UInt8] {
        let count = Int(try broadcast(Int64(bytes.count), root: root))
        var result = rank == root ? bytes : [UInt8](repeating: 0, count: count)
        try broadcast(&result, root: root)
        return result
    }

    /// Replaces each element by the reduction over all ranks. Collective.
    ///
    /// For control values and small arrays. The library determines the order of a floating-point
    /// sum.
    public func allReduce<Element: MPIElement>(
        _ buffer: UnsafeMutableBufferPointer<Element>, _ operation: ReductionOperation
    ) throws(MPIError) {
        try inParts(buffer) { (part) throws(MPIError) in
            try complete("MPI_Iallreduce") {
                cmpi_iallreduce_in_place(
                    part.baseAddress, Int32(part.count), Element.mpiType.handle, operation.handle,
                    handle, $0)
            }
        }
    }

    /// Replaces each element by the reduction over all ranks. Collective.
    public func allReduce<Element: MPIElement>(
        _ values: inout [Element], _ operation: ReductionOperation
    ) throws(MPIError) {
        try values.withUnsafeMutableBufferPointer { (buffer) throws(MPIError) in
            try allReduce(buffer, operation)
        }
    }

    /// Reduces one value over all ranks. Collective.
    public func allReduce<Element: MPIElement>(
        _ value: Element, _ operation: ReductionOperation
    ) throws(MPIError) -> Element {
        var values = [value]
        try allReduce(&values, operation)
        return values[0]
    }

    /// The library's own blocking `MPI_Allreduce`, which spins while waiting: the reference for
    /// tests and timings of other implementations. Collective.
    public func libraryAllReduce<Element: MPIElement>(
        _ buffer: UnsafeMutableBufferPointer<Element>, _ operation: ReductionOperation
    ) throws(MPIError) {
        try inParts(buffer) { (part) throws(MPIError) in
            let code = cmpi_allreduce_in_place(
                part.baseAddress, Int32(part.count), Element.mpiType.handle, operation.handle,
                handle)
            try check(code, "MPI_Allreduce")
        }
    }

    /// Calls `body` with consecutive parts of the buffer; once for an empty buffer, because the
    /// call is collective regardless.
    private func inParts<Element>(
        _ buffer: UnsafeMutableBufferPointer<Element>,
        _ body: (UnsafeMutableBufferPointer<Element>) throws(MPIError) -> Void
    ) throws(MPIError) {
        var start = 0
        repeat {
            let end = min(start + elementsPerCall, buffer.count)
            try body(UnsafeMutableBufferPointer(rebasing: buffer[start..<end]))
            start = end
        } while start < buffer.count
    }
}
