import CHDF5

/// The HDF5 library in use.
public enum HDF5Library {
    /// Its version: "1.10.8".
    public static var version: String {
        var (major, minor, release): (UInt32, UInt32, UInt32) = (0, 0, 0)
        let status = Library.locked { H5get_libversion(&major, &minor, &release) }
        return status < 0 ? "unknown" : "\(major).\(minor).\(release)"
    }
}
