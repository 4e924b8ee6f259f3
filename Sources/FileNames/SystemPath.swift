import Glibc

/// Gives `body` the path as the system has it: a C string that is valid during the call. The `errno` of `body` stays.
///
/// Every call that takes a path gets it from here: `withSystemPath(path) { open($0, O_RDONLY) }`. Swift would pass a
/// `String` too, but its UTF-8, which is not the name where ``FileName`` has escaped bytes. `Cluster/lint-paths` refuses
/// such calls.
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

/// Gives `body` two paths, as ``withSystemPath(_:_:)`` does one.
@discardableResult
public func withSystemPaths<Result>(
    _ first: String, _ second: String,
    _ body: (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Result
) -> Result {
    withSystemPath(first) { first in withSystemPath(second) { second in body(first, second) } }
}
