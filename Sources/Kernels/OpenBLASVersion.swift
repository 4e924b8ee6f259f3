import COpenBLAS

/// The OpenBLAS that portable kernels multiply with.
public enum OpenBLAS {
    /// What it says of its version and build.
    public static var version: String {
        guard let text = openblas_get_config() else { return "unknown" }
        return String(cString: text)
    }
}
