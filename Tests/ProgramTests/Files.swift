import DurableFiles
import MPITestSupport

/// The text of a file; "" if there is none.
func fileText(_ path: String) -> String {
    String(decoding: (try? fileBytes(path)) ?? [], as: UTF8.self)
}

/// The bytes of a file.
func fileBytes(_ path: String) throws -> [UInt8] {
    try WholeFiles.read(path, maximumByteCount: 1 << 28)
}

/// Copies a directory of plain files and directories.
func copyDirectory(_ source: String, to target: String) throws {
    try Paths.createDirectory(target)
    for name in try Paths.names(in: source) {
        let (from, to) = (Paths.join(source, name), Paths.join(target, name))
        if try Paths.isDirectory(from) {
            try copyDirectory(from, to: to)
        } else {
            try WholeFiles.writeAtomically(to, fileBytes(from))
        }
    }
}

/// Whether several ranks run these tests. They start `mpirun` themselves, and a child would inherit
/// its parent's rank in the job.
let isLaunched = TestJob.isLaunched
