import CHDF5
import DurableFiles
import FileNames
import Synchronization

/// The only access to the C library: every call goes through `call`. It starts the library, holds
/// the process-wide lock (because HDF5's own thread safety is a build option that a cluster's copy
/// may lack), suppresses the library's printing, and converts a negative result to an `HDF5Error`.
enum Library {
    /// First failed write of each file being written, by the file's identifier.
    private static let lock = Mutex<[hid_t: HDF5Error]>([:])
    private static let started: Bool = chdf5_start() >= 0

    /// Runs one C call; a negative result is thrown.
    ///
    /// Reading is retried for several seconds if the system reports a transient error. A failed
    /// write is final: the file is spoiled, see ``failedWrite(of:)``.
    /// - Parameters:
    ///   - function: name of the C function, for the message.
    ///   - cause: cause of a failure.
    ///   - identifier: the object it operates on; its file and name go into the message.
    ///   - what: description of the operation, such as "reading rows 3 to 5".
    @discardableResult
    static func call<R: SignedInteger & Sendable>(
        _ function: String, _ cause: HDF5Error.Cause, on identifier: hid_t = -1,
        _ what: @autoclosure () -> String, _ body: () -> R
    ) throws(HDF5Error) -> R {
        var patience = Patience()
        var hasRetriedAllocation = false
        while true {
            let (result, stack, place) = locked { () -> (R, [HDF5Error.Frame], String) in
                let result = body()
                guard result < 0 else { return (result, [], "") }
                var stack = errorStack()
                if cause != .inputOutput, hasRetriedAllocation, !isMemoryShort {
                    for index in stack.indices { stack[index].isShortage = false }
                }
                return (result, stack, describe(identifier))
            }
            guard result < 0 else { return result }
            let message = place.isEmpty ? what() : "\(place): \(what())"
            let error = HDF5Error(cause, message, function: function, stack: stack)
            if cause == .inputOutput {
                spoil(identifier, error)
            } else if Patience.isTransient(error.systemError), patience.wait() {
                continue
            } else if cause != .inputOutput, error.cause == .memory, !hasRetriedAllocation {
                hasRetriedAllocation = true
                continue
            }
            throw error
        }
    }

    /// Whether the library cannot allocate as much as reading a sound file takes at once. A damaged
    /// one may have it try to allocate any size, and that failure is the file's. Called with the
    /// lock held.
    private static var isMemoryShort: Bool {
        guard let probe = H5allocate_memory(64 << 20, false) else { return true }
        H5free_memory(probe)
        return false
    }

    /// First failed write of a file; nil if none failed.
    static func failedWrite(of file: hid_t) -> HDF5Error? {
        lock.withLock { $0.removeValue(forKey: file) }
    }

    /// Records that a write failed in the file of `object`, and discards the following ones.
    private static func spoil(_ object: hid_t, _ error: HDF5Error) {
        guard object >= 0 else { return }
        lock.withLock { failures in
            chdf5_silence()
            let file = chdf5_file_of(object)
            guard file >= 0, failures[file] == nil else { return }
            failures[file] = error
            chdf5_divert(file)
        }
    }

    /// Starts the library, because its constants are undefined before.
    static func requireStarted() { precondition(started, "the HDF5 library does not start") }

    /// Runs C calls whose failure can be ignored (closing in a `deinit`, describing an object).
    static func locked<R: Sendable>(_ body: () -> R) -> R {
        requireStarted()
        return lock.withLock { _ in
            chdf5_silence()
            return body()
        }
    }

    /// "file.h5:/group/name" of an object.
    static func place(_ identifier: hid_t) -> String { locked { describe(identifier) } }

    private static func describe(_ identifier: hid_t) -> String {
        guard identifier >= 0 else { return "" }
        let file = text { H5Fget_name(identifier, $0, $1) }
        let object = text { H5Iget_name(identifier, $0, $1) }
        return object.isEmpty || object == "/" ? file : "\(file):\(object)"
    }

    /// A name from a C function that fills a buffer and returns the length without the terminator.
    static func text(_ fill: (UnsafeMutablePointer<CChar>?, Int) -> Int) -> String {
        let length = fill(nil, 0)
        guard length > 0 else { return "" }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: length + 1) { buffer in
            guard let start = buffer.baseAddress, fill(start, length + 1) >= 0 else { return "" }
            return FileName.text(of: start)
        }
    }

    /// The current thread's error stack, innermost first. Called with the lock held.
    private static func errorStack() -> [HDF5Error.Frame] {
        var frames: [HDF5Error.Frame] = []
        withUnsafeMutablePointer(to: &frames) { pointer in
            _ = H5Ewalk2(
                chdf5_error_stack(), H5E_WALK_UPWARD,
                { _, error, data in
                    guard let error, let data else { return 0 }
                    let function = error.pointee.func_name.map { String(cString: $0) } ?? ""
                    let message = error.pointee.desc.map { FileName.text(of: $0) } ?? ""
                    let isShortage = [chdf5_no_space(), chdf5_cannot_allocate()].contains(
                        error.pointee.min_num)
                    data.assumingMemoryBound(to: [HDF5Error.Frame].self).pointee.append(
                        HDF5Error.Frame(
                            function: function, message: message, isShortage: isShortage))
                    return 0
                }, pointer)
        }
        H5Eclear2(chdf5_error_stack())
        return frames
    }
}
