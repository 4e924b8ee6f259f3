/// Buffers for the segments that one operation has in flight: a window of slots for received
/// messages, and one for messages sent in another format than the stored one. Message m uses slot m
/// modulo their number, which is free again by then because messages are consumed in order.
///
/// Untouched pages cost nothing, so slots have their maximum size.
final class RingScratch {
    /// Number of slots in each window.
    let slots: Int
    private let slotBytes: Int
    private let memory: UnsafeMutableRawPointer

    init(_ configuration: RingConfiguration) {
        slots = configuration.segmentsInFlight
        // Whole cache lines, so that neighbouring slots share none.
        slotBytes = (configuration.segmentElements * MemoryLayout<Float>.stride + 63) / 64 * 64
        memory = .allocate(byteCount: 2 * slots * slotBytes, alignment: 64)
    }

    deinit { memory.deallocate() }

    /// Returns the slot that receives message `message`, as `count` elements.
    func receiveSlot<Element: BitwiseCopyable>(
        _ message: Int, _ type: Element.Type, count: Int
    ) -> UnsafeMutableBufferPointer<Element> {
        slot(message % slots, type, count)
    }

    /// Returns the slot from which message `message` is sent, as `count` 16-bit elements.
    func sendSlot(_ message: Int, count: Int) -> UnsafeMutableBufferPointer<UInt16> {
        slot(slots + message % slots, UInt16.self, count)
    }

    private func slot<Element: BitwiseCopyable>(
        _ index: Int, _ type: Element.Type, _ count: Int
    ) -> UnsafeMutableBufferPointer<Element> {
        precondition(count * MemoryLayout<Element>.stride <= slotBytes, "a segment fits its slot")
        // The memory holds plain bits, written by MPI before they are read. One slot serves both
        // element types only in different operations.
        let start = (memory + index * slotBytes).bindMemory(to: type, capacity: count)
        return UnsafeMutableBufferPointer(start: start, count: count)
    }
}
