import OperatingSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Memory for `count` elements, zeroed, allocated once and never moved.
///
/// The block owns the memory. `Vector` and `Matrix` are views that do not keep it alive, so the
/// creator of views must hold the block. The memory is aligned to 64 bytes. A large block requests
/// huge pages, which reduce the cost of address translation in matrix products.
public final class Block<Element: BitwiseCopyable>: @unchecked Sendable {
    /// Number of elements.
    public let count: Int
    private let memory: UnsafeMutableRawPointer
    private let bytes: Int

    private static var hugePage: Int { 2 << 20 }

    /// Creates a block of `count` zeros.
    ///
    /// Ends the process and its job if the memory cannot be allocated.
    ///
    /// - Precondition: `count >= 0`.
    public init(count: Int) {
        precondition(count >= 0, "negative count")
        self.count = count
        bytes = max(count * MemoryLayout<Element>.stride, 1)
        let large = bytes >= Self.hugePage
        let alignment = large ? Self.hugePage : 64
        var pointer: UnsafeMutableRawPointer?
        guard posix_memalign(&pointer, alignment, bytes) == 0, let memory = pointer else {
            Shortage.ofMemory(bytes: bytes)
        }
        if large { madvise(memory, bytes, Int32(MADV_HUGEPAGE)) }
        memset(memory, 0, bytes)
        self.memory = memory
    }

    deinit {
        free(memory)
    }

    /// View of all elements.
    public var vector: Vector<Element> {
        Vector(base: memory.assumingMemoryBound(to: Element.self), count: count)
    }

    /// View of the elements of `range`.
    public subscript(range: Range<Int>) -> Vector<Element> {
        vector[range]
    }
}
