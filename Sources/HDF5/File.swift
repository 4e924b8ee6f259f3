import CHDF5
import Glibc

/// An open HDF5 file; also its root group. Closed at the end of its life, or by `close()`, which
/// reports the errors of the last buffered writes.
///
/// Files are not locked (locks fail on NFS and Lustre) unless the environment variable
/// `HDF5_USE_FILE_LOCKING` asks for it. No time stamps are stored: the same calls give the same
/// bytes.
public struct File: Container, ~Copyable {
    private let handle: Handle

    /// The root group.
    public var identifier: Identifier { Identifier(raw: handle.id) }

    private init(_ handle: consuming Handle) { self.handle = handle }

    /// Creates a file.
    /// - Parameters:
    ///   - path: where; its directory must exist.
    ///   - overwrite: whether a file of that name is emptied; otherwise it is an error.
    public static func create(
        _ path: String, overwrite: Bool = false
    ) throws(HDF5Error) -> File {
        let access = try fileAccess()
        let flags = overwrite ? chdf5_truncate() : chdf5_exclusive()
        let id = try Library.call("H5Fcreate", .inputOutput, "cannot create \(path)") {
            H5Fcreate(path, flags, chdf5_default(), access.id)
        }
        return File(Handle(id, .file))
    }

    /// Opens a file for reading.
    public static func open(_ path: String) throws(HDF5Error) -> File {
        if Glibc.access(path, R_OK) != 0 {
            let reason = String(cString: strerror(errno))
            throw HDF5Error(.missing, "cannot open \(path): \(reason)")
        }
        let access = try fileAccess()
        let id = try Library.call(
            "H5Fopen", .badData, "cannot open \(path) as HDF5; is it whole?"
        ) {
            H5Fopen(path, chdf5_read_only(), access.id)
        }
        return File(Handle(id, .file))
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

    /// Hands all buffered data to the operating system.
    public func flush() throws(HDF5Error) {
        try Library.call("H5Fflush", .inputOutput, on: id, "writing failed; is the disk full?") {
            H5Fflush(id, H5F_SCOPE_LOCAL)
        }
    }

    /// Writes what is buffered and closes. All groups and datasets of the file must be closed.
    public consuming func close() throws(HDF5Error) {
        let raw = handle.id
        let count = try Library.call(
            "H5Fget_obj_count", .inputOutput, on: raw, "counting open objects"
        ) { H5Fget_obj_count(raw, chdf5_all_objects()) }
        precondition(count == 1, "a file is closed after its groups and datasets")
        try flush()
        try handle.close()
    }
}

/// An open group.
public struct Group: Container, ~Copyable {
    private let handle: Handle

    /// The group.
    public var identifier: Identifier { Identifier(raw: handle.id) }

    init(_ handle: consuming Handle) { self.handle = handle }
}
