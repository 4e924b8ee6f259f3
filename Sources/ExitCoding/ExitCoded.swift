/// An error that knows the exit status with which a program ends for it.
///
/// Every error that the libraries throw conforms, next to the code that throws it, so that no program needs a table of
/// the errors of others.
public protocol ExitCoded: Error {
    /// The status, one of `ExitStatus`.
    var exitCode: Int32 { get }
}
