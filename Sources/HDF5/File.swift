import CHDF5
import FileNames
import Glibc

/// An open HDF5 file; also its root group.
///
/// A new file is open only while ``create(_:overwrite:_:)`` runs, so that no failed write goes
/// unnoticed. Files are not locked (locks fail on NFS and Lustre) unless the environment variable
/// `HDF5_USE_FILE_LOCKING` requests it. No time stamps are stored, so the same calls produce the
/// same bytes.
public struct File: Container, ~Copyable {
    private let handle: Handle

    /// The root group.
    public var identifier: Identifier { Identifier(raw: handle.id) }

    private init(_ handle: consuming Handle) { self.handle = handle }

    /// Creates a file, calls `write` to fill it, and closes it.
    ///
    /// - Parameters:
    ///   - path: path of the file; its directory must exist.
    ///   - overwrite: whether an existing file is truncated; otherwise it is an error.
    ///   - write: receives the open file, whose groups and datasets must not outlive it.
    /// - Throws: any error of `write`; `HDF5Error` if anything could not be written, including
    ///   cached data. The file is then unusable.
    public static func create<Result>(
        _ path: String, overwrite: Bool = false, _ write: (borrowing File) throws -> Result
    ) throws -> Result {
        let access = try fileAccess()
        let flags = overwrite ? chdf5_truncate() : chdf5_exclusive()
        let id = try Library.call("H5Fcreate", .inputOutput, "cannot create \(path)") {
            withSystemPath(path) { H5Fcreate($0, flags, chdf5_default(), access.id) }
        }
        let file = File(Handle(id, .file))
        do {
            let result = try write(file)
            try file.close()
            return result
        } catch {
            // The first failure is the cause, even if `write` met another one later.
            throw Library.failedWrite(of: id) ?? error
        }
    }

    /// Opens a file for reading. It is closed when its lifetime ends.
    public static func open(_ path: String) throws(HDF5Error) -> File {
        let access = try fileAccess()
        do {
            let id = try Library.call(
                "H5Fopen", .badData, "cannot open \(path) as HDF5; is it whole?"
            ) {
                withSystemPath(path) { H5Fopen($0, chdf5_read_only(), access.id) }
            }
            return File(Handle(id, .file))
        } catch  where error.systemError != 0 {
            let code = error.systemError
            throw HDF5Error(
                [ENOENT, ENOTDIR].contains(code) ? .missing : error.cause,
                "cannot open \(path): \(String(cString: strerror(code)))")
        }
    }

    private static func fileAccess() throws(HDF5Error) -> Handle {
        let id = try Library.call("H5Pcreate", .inputOutput, "file access properties") {
            H5Pcreate(chdf5_file_access_class())
        }
        let access = Handle(id, .properties)
        try Library.call("H5Pset_file_locking", .inputOutput, "file access properties") {
            chdf5_disable_locking(access.id)
        }
        return access
    }

    private consuming func close() throws(HDF5Error) {
        let raw = handle.id
        try Library.call("H5Fflush", .inputOutput, on: raw, "writing failed") {
            H5Fflush(raw, H5F_SCOPE_LOCAL)
        }
        try handle.close()
        if let failure = Library.failedWrite(of: raw) { throw failure }
    }
}

/// An open group.
public struct Group: Container, ~Copyable {
    private let handle: Handle

    /// The group.
    public var identifier: Identifier { Identifier(raw: handle.id) }

    init(_ handle: consuming Handle) { self.handle = handle }
}
