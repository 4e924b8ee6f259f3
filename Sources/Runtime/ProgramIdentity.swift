public import Distributed
import DurableFiles
import Glibc
import MPI

/// Identity of the running program, for comparison between the ranks of a job.
public enum ProgramIdentity {
    /// Adds the executable's digest to the inputs that must be equal on all ranks, because another
    /// build may compute other bits, or wait for messages that no rank sends.
    public static func add(to inputs: inout SharedInputs) {
        inputs.add("program (SHA-256 of the executable)", digest() ?? "cannot be read")
    }

    /// SHA-256 of the executable; nil if it cannot be read. `/proc/self/exe` is the file that was
    /// started, even if another is at its path by now.
    private static func digest() -> String? {
        guard let file = fopen("/proc/self/exe", "r") else { return nil }
        defer { fclose(file) }
        var hash = SHA256()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        while true {
            let count = fread(buffer.baseAddress, 1, buffer.count, file)
            hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            if count < buffer.count { return ferror(file) == 0 ? "\(hash.finish())" : nil }
        }
    }
}
