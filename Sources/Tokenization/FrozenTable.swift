/// An immutable array at a fixed address, for loops that cannot afford bounds checks.
///
/// Safe to share because nothing writes after `init`. A copy of `base` must not outlive the table.
final class FrozenTable<Element: BitwiseCopyable>: @unchecked Sendable {
    let base: UnsafePointer<Element>
    let count: Int

    init(_ elements: [Element]) {
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(1, elements.count))
        memory.initialize(from: elements, count: elements.count)
        base = UnsafePointer(memory)
        count = elements.count
    }

    deinit { base.deallocate() }
}
