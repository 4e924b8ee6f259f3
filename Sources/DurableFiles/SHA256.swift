import COpenSSL
import Glibc

/// The 32 bytes of a SHA-256 (FIPS 180-4).
public struct SHA256Digest: Sendable, Hashable, CustomStringConvertible {
    /// The bytes in order.
    public let bytes: [UInt8]

    /// 64 lower-case hexadecimal digits.
    public var description: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self)
    }
}

/// SHA-256 of a stream of bytes, by OpenSSL (which uses the processor's SHA instructions).
public struct SHA256: ~Copyable {
    private let context: OpaquePointer

    /// Starts an empty stream.
    public init() {
        guard let context = EVP_MD_CTX_new() else { fatalError("out of memory") }
        guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            fatalError("this OpenSSL has no SHA-256")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Appends bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        precondition(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1)
    }

    /// Appends bytes.
    public mutating func update(_ bytes: some Collection<UInt8>) {
        if bytes.withContiguousStorageIfAvailable({ update(UnsafeRawBufferPointer($0)) }) == nil {
            Array(bytes).withUnsafeBytes { update($0) }
        }
    }

    /// The digest of everything appended.
    public consuming func finish() -> SHA256Digest {
        var bytes = [UInt8](repeating: 0, count: 32)
        precondition(EVP_DigestFinal_ex(context, &bytes, nil) == 1)
        return SHA256Digest(bytes: bytes)
    }

    /// SHA-256 of some bytes.
    public static func digest(of bytes: some Collection<UInt8>) -> SHA256Digest {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finish()
    }

    /// Size and SHA-256 of a file, read in pieces of 1 MiB. Symbolic links are rejected.
    public static func digest(
        ofFile path: String
    ) throws(FileError) -> (bytes: Int, digest: SHA256Digest) {
        try Patience.retrying { () throws(FileError) in try readDigest(path) }
    }

    private static func readDigest(
        _ path: String
    ) throws(FileError) -> (bytes: Int, digest: SHA256Digest) {
        let file = try Descriptor.open(path)
        _ = posix_fadvise(file.raw, 0, 0, POSIX_FADV_SEQUENTIAL)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        var hash = SHA256()
        var total = 0
        while true {
            let count = try file.read(into: buffer)
            if count == 0 { return (total, hash.finish()) }
            hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            total += count
        }
    }
}
