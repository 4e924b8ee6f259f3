public import ExitCoding
import FileNames
import Glibc

/// OpenBLAS's product, for processors for which this project has no kernels.
///
/// The library is loaded on demand, not linked: its initializer starts threads, each with tens of
/// megabytes, and retries forever if a limit refuses them.
struct OpenBLAS: Sendable {
    private let sgemm: SingleProduct

    private typealias SingleProduct =
        @convention(c) (
            _ order: Int32, _ transposeA: Int32, _ transposeB: Int32, _ m: Int32, _ n: Int32,
            _ k: Int32, _ alpha: Float, _ a: UnsafePointer<Float>, _ lda: Int32,
            _ b: UnsafePointer<Float>, _ ldb: Int32, _ beta: Float,
            _ c: UnsafeMutablePointer<Float>, _ ldc: Int32
        ) -> Void

    /// File names of the library with 32-bit integers on different systems.
    private static let names = ["libopenblas.so.0", "libopenblas.so"]

    /// The library, or the reason why it cannot be loaded.
    private static let outcome = Result<OpenBLAS, MissingLibraryError> {
        () throws(MissingLibraryError) in try OpenBLAS(names: names)
    }

    /// Returns the library, loaded once.
    static func loaded() throws(MissingLibraryError) -> OpenBLAS { try outcome.get() }

    /// Loads the first of `names` that exists.
    init(names: [String]) throws(MissingLibraryError) {
        // Products run on the team's threads, not on the library's.
        setenv("OPENBLAS_NUM_THREADS", "1", 1)
        let handle = names.lazy.compactMap { name in
            withSystemPath(name) { dlopen($0, RTLD_NOW | RTLD_LOCAL) }
        }.first
        guard let handle else {
            let cause = dlerror().map { String(cString: $0) } ?? "not found"
            throw MissingLibraryError(library: "OpenBLAS", cause: cause)
        }
        guard let product = dlsym(handle, "cblas_sgemm"),
            let setThreads = dlsym(handle, "openblas_set_num_threads")
        else {
            throw MissingLibraryError(
                library: "OpenBLAS", cause: "\(names[0]) has no CBLAS interface")
        }
        sgemm = unsafeBitCast(product, to: SingleProduct.self)
        unsafeBitCast(setThreads, to: (@convention(c) (Int32) -> Void).self)(1)
    }

    /// Factor in CBLAS's form.
    struct Operand {
        let base: UnsafePointer<Float>
        let stride: Int
        let isTransposed: Bool
    }

    /// Sets `c` [rows, columns] to `a` [rows, depth] x `b` [depth, columns], or adds it if
    /// `accumulate`.
    func multiply(
        _ a: Operand, _ b: Operand, rows: Int, columns: Int, depth: Int, accumulate: Bool,
        into c: UnsafeMutablePointer<Float>, stride: Int
    ) {
        let (rowMajor, plain, transposed) = (Int32(101), Int32(111), Int32(112))
        sgemm(
            rowMajor, a.isTransposed ? transposed : plain, b.isTransposed ? transposed : plain,
            Int32(rows), Int32(columns), Int32(depth), 1, a.base, Int32(max(a.stride, 1)), b.base,
            Int32(max(b.stride, 1)), accumulate ? 1 : 0, c, Int32(max(stride, 1)))
    }
}

/// Error: a library that this processor needs is missing on the system.
public struct MissingLibraryError: ExitCoded, CustomStringConvertible {
    let library: String
    let cause: String

    /// Exit status for an unavailable library.
    public var exitCode: Int32 { ExitStatus.unavailable }

    /// Message with the missing library, why it is needed, and what to do.
    public var description: String {
        "this processor has no AVX2, so matrix products need \(library), which cannot be loaded "
            + "(\(cause)); install it (Debian: libopenblas0) or add its folder to LD_LIBRARY_PATH"
    }
}

extension InstructionSet {
    /// Verifies that the libraries that this instruction set needs can be loaded.
    public func checkLibraries() throws(MissingLibraryError) {
        if self == .portable { _ = try OpenBLAS.loaded() }
    }
}
