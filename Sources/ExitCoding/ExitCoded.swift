/// Error that knows the exit status with which it ends a program.
///
/// Every error that the libraries throw conforms, next to the code that throws it, so that no
/// program needs a table of other modules' errors.
public protocol ExitCoded: Error {
    /// Exit status, one of `ExitStatus`.
    var exitCode: Int32 { get }
}
