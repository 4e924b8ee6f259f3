import DurableFiles
import TemporaryDirectories
import Testing

@Suite struct SHA256Tests {
    /// FIPS 180-4 examples and the usual long one.
    static let golden: [(text: String, digest: String)] = [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ]

    @Test("golden values, in one piece, in pieces and from a file")
    func goldenValues() throws {
        try withTemporaryDirectory { directory in
            for (index, (text, digest)) in Self.golden.enumerated() {
                let bytes = Array(text.utf8)
                #expect(SHA256.digest(of: bytes).description == digest)
                var hash = SHA256()
                var rest = bytes[...]
                var size = 1
                while !rest.isEmpty {
                    hash.update(rest.prefix(size))
                    rest = rest.dropFirst(size)
                    size = size * 3 % 4097
                }
                #expect(hash.finish().description == digest)
                let path = "\(directory)/\(index)"
                try WholeFiles.writeAtomically(path, bytes)
                let file = try SHA256.digest(ofFile: path)
                #expect(file.bytes == bytes.count && file.digest.description == digest)
            }
        }
    }

    @Test("sizes around the read buffer", arguments: [-1, 0, 1])
    func bufferEdges(offset: Int) throws {
        try withTemporaryDirectory { directory in
            let bytes = (0..<((1 << 20) + offset)).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            try WholeFiles.writeAtomically(directory + "/x", bytes)
            let file = try SHA256.digest(ofFile: directory + "/x")
            #expect(file.bytes == bytes.count && file.digest == SHA256.digest(of: bytes))
        }
    }
}
