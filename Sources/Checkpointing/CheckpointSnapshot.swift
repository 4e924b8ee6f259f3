import Glibc

/// Memory for a copy of one rank's part, so that training continues while it is written.
///
/// It is allocated, and touched, once, so that the memory a run needs shows at its start, not in
/// the middle.
public final class CheckpointSnapshot: @unchecked Sendable {
    /// Room for this many parameters; 0 on ranks that do not write the model.
    public let parameterCount: Int
    /// Room for this many elements of each moment.
    public let momentCount: Int
    private let memory: UnsafeMutableBufferPointer<Float>

    /// Allocates the memory; nil if that fails.
    public init?(parameterCount: Int, momentCount: Int) {
        precondition(parameterCount >= 0 && momentCount >= 0, "negative count")
        self.parameterCount = parameterCount
        self.momentCount = momentCount
        let count = parameterCount + 2 * momentCount
        let bytes = max(count, 1) * MemoryLayout<Float>.stride
        let address = mmap(
            nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let address, address != MAP_FAILED else { return nil }
        madvise(address, bytes, Int32(MADV_HUGEPAGE))
        memset(address, 0, bytes)
        memory = UnsafeMutableBufferPointer(
            start: address.assumingMemoryBound(to: Float.self), count: count)
    }

    deinit { munmap(memory.baseAddress, max(byteCount, MemoryLayout<Float>.stride)) }

    /// Its size in bytes.
    public var byteCount: Int { memory.count * MemoryLayout<Float>.stride }

    /// Copies the data of `share`.
    ///
    /// - Returns: a share of the copy, valid until the next one.
    public func copy(_ share: CheckpointShare) -> CheckpointShare {
        var copy = share
        if let model = share.model {
            copy.model?.parameters = keep(model.parameters, at: 0, room: parameterCount)
        }
        copy.firstMoment = keep(share.firstMoment, at: parameterCount, room: momentCount)
        copy.secondMoment = keep(
            share.secondMoment, at: parameterCount + momentCount, room: momentCount)
        return copy
    }

    private func keep(
        _ values: UnsafeBufferPointer<Float>, at start: Int, room: Int
    ) -> UnsafeBufferPointer<Float> {
        precondition(values.count == room, "the copy has another size")
        let place = UnsafeMutableBufferPointer(rebasing: memory[start..<start + room])
        if let source = values.baseAddress, let target = place.baseAddress {
            memcpy(target, source, room * MemoryLayout<Float>.stride)
        }
        return UnsafeBufferPointer(place)
    }
}
