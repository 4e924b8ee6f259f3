import Glibc

func bytes(of path: String) -> [UInt8] {
    guard let file = fopen(path, "rb") else { return [] }
    defer { fclose(file) }
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = fread(&buffer, 1, buffer.count, file)
        if count == 0 { return all }
        all += buffer[..<count]
    }
}

func write(_ bytes: [UInt8], to path: String) {
    guard let file = fopen(path, "wb") else { fatalError("fopen \(path)") }
    defer { fclose(file) }
    _ = fwrite(bytes, 1, bytes.count, file)
}

/// A file of `Fixtures`, made by `Fixtures/generate.py`.
func fixture(_ name: String) -> String {
    var parts = #filePath.split(separator: "/")
    parts.removeLast()
    return "/" + parts.joined(separator: "/") + "/Fixtures/" + name
}
