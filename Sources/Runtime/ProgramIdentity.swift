public import Distributed
import DurableFiles
import Glibc
import MPI

/// The program that runs, as the ranks of a job compare it.
public enum ProgramIdentity {
    /// Adds the digest of the executable to what all ranks must have alike: another build may compute other bits, or
    /// wait for messages that nobody sends.
    public static func add(to inputs: inout SharedInputs) {
        inputs.add("program (SHA-256 of the executable)", digest() ?? "cannot be read")
    }

    /// SHA-256 of the executable; nil where it cannot be read. `/proc/self/exe` leads to the file that was started,
    /// also where another lies at its path by now.
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
