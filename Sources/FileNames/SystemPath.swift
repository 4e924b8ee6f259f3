import Glibc

/// Calls `body` with the path as the system has it: a C string that is valid during the call. The
/// `errno` of `body` is kept.
///
/// Every call that takes a path gets it from here: `withSystemPath(path) { open($0, O_RDONLY) }`.
/// Swift would also pass a `String`, but as its UTF-8, which is not the name if ``FileName`` has
/// escaped bytes. `Cluster/lint-paths` rejects such calls.
@discardableResult
public func withSystemPath<Result>(
    _ path: String, _ body: (UnsafePointer<CChar>) -> Result
) -> Result {
    guard path.unicodeScalars.contains(where: { FileName.byte(of: $0) != nil }) else {
        return path.withCString(body)
    }
    let result: Result
    let code: Int32
    do {
        let name = FileName.bytes(of: path).map { CChar(bitPattern: $0) } + [0]
        result = body(name)
        code = errno
    }
    errno = code
    return result
}

/// Calls `body` with two paths, as ``withSystemPath(_:_:)`` does with one.
@discardableResult
public func withSystemPaths<Result>(
    _ first: String, _ second: String,
    _ body: (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Result
) -> Result {
    withSystemPath(first) { first in withSystemPath(second) { second in body(first, second) } }
}
