/// An array that never changes, at an address that never changes, for loops that must not pay for
/// checks.
///
/// Safe to share because nothing writes after `init`. Whoever keeps `base` keeps the table, too.
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
