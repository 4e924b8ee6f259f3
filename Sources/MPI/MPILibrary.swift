import CMPI
public import ExitCoding

/// Implementations of MPI, by the representation of handles.
package enum MPILibrary: String {
    /// MPICH and implementations with its binary interface: Intel MPI, MVAPICH, Cray MPICH.
    case mpich = "MPICH"
    /// Open MPI.
    case openMPI = "Open MPI"

    /// The implementation whose header this program was compiled with; nil if unknown.
    static var ofHeader: MPILibrary? {
        if cmpi_is_open_mpi() != 0 { return .openMPI }
        return cmpi_is_mpich() != 0 ? .mpich : nil
    }

    /// Recognizes the implementation that reports `version` in `MPI_Get_library_version`; nil if
    /// unknown.
    package init?(version: String) {
        if version.hasPrefix("Open MPI") {
            self = .openMPI
        } else if ["MPICH", "Intel(R) MPI", "MVAPICH"].contains(where: version.contains) {
            self = .mpich
        } else {
            return nil
        }
    }

    /// Throws for a library that interprets this program's handles differently, because the first
    /// call with one would crash.
    static func checkLoaded() throws(MPIStartError) {
        let version = readText(capacity: cmpi_max_library_version()) {
            cmpi_library_version($0, $1)
        }
        try check(header: ofHeader, version: version ?? "")
    }

    /// Throws for the library that reports `version`, unless it is that of the header.
    package static func check(
        header: MPILibrary?, version: String
    ) throws(MPIStartError) {
        guard let header, let loaded = MPILibrary(version: version), loaded != header else {
            return
        }
        let line = version.prefix { !$0.isNewline && $0 != "," }
        throw MPIStartError(
            "this program was compiled for \(header.rawValue), but the MPI library that it runs with "
                + "is \(line.split(whereSeparator: \.isWhitespace).joined(separator: " ")): run "
                + "make clean and make build again with the MPI that is to be used, or load "
                + "\(header.rawValue)")
    }
}

/// An error that prevents MPI from starting in this environment; a retry would fail in the same
/// way.
public struct MPIStartError: ExitCoded, CustomStringConvertible {
    /// Exit status of a configuration that cannot work.
    public var exitCode: Int32 { ExitStatus.configuration }

    /// The fault, and how to fix it.
    public let description: String

    init(_ description: String) { self.description = description }
}
