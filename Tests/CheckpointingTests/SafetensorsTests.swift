import Checkpointing
import DurableFiles
import TemporaryDirectories
import Testing

@Suite struct SafetensorsTests {
    private func file(_ json: String, data: Int = 0, length: UInt64? = nil) -> [UInt8] {
        let length = length ?? UInt64(json.utf8.count)
        return (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) } + Array(json.utf8)
            + [UInt8](repeating: 0x3f, count: data)
    }

    private func reject(_ bytes: [UInt8]) throws -> String {
        try withTemporaryDirectory { directory in
            let path = directory + "/x.safetensors"
            try WholeFiles.writeAtomically(path, bytes)
            let error = #expect(throws: CheckpointError.self) { _ = try SafetensorsFile.open(path) }
            #expect(error?.exitCode == 65 && error?.path == path)
            return error?.message ?? ""
        }
    }

    @Test func namesOfAFileAreShownAndNotObeyed() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/x.safetensors"
            try WholeFiles.writeAtomically(path, file("{\"a\":{\"\u{9B}\":1}}"))
            let error = #expect(throws: CheckpointError.self) { _ = try SafetensorsFile.open(path) }
            #expect(error?.description.contains(#"unexpected key \u{009B}"#) == true)
            let long = String(repeating: "x", count: 100_000)
            try WholeFiles.writeAtomically(
                path, file("{\(tensor(long, 0, 4, dtype: long))}", data: 4))
            let short = #expect(throws: CheckpointError.self) { _ = try SafetensorsFile.open(path) }
            #expect((short?.description.utf8.count ?? .max) < 1000)
        }
    }

    private func tensor(
        _ name: String, _ start: Int, _ end: Int, shape: String = "[1]", dtype: String = "F32"
    ) -> String {
        "\"\(name)\":{\"dtype\":\"\(dtype)\",\"shape\":\(shape),\"data_offsets\":[\(start),\(end)]}"
    }

    @Test("header lengths out of all bounds")
    func lengths() throws {
        #expect(try reject([]).contains("has 0 bytes"))
        #expect(try reject([1, 2, 3]).contains("has 3 bytes"))
        for length in [3, 1 << 20, 1 << 40, UInt64(1) << 63, .max] {
            #expect(try reject(file("{}", length: length)).contains("promises a header of"))
        }
    }

    @Test("places that overlap, leave holes or lie outside")
    func places() throws {
        let (a, b) = (tensor("a", 0, 4), tensor("b", 4, 8))
        #expect(
            try reject(file("{\(a),\(tensor("b", 2, 6))}", data: 6)).contains("b starts at byte 2"))
        #expect(
            try reject(file("{\(a),\(tensor("b", 5, 9))}", data: 9)).contains("b starts at byte 5"))
        #expect(try reject(file("{\(a),\(b)}", data: 7)).contains("end at byte 8, the file at 7"))
        #expect(try reject(file("{\(a),\(b)}", data: 9)).contains("end at byte 8, the file at 9"))
        #expect(
            try reject(file("{\(a),\(tensor("b", 0, 4))}", data: 4)).contains("starts at byte 0"))
        #expect(try reject(file("{\(tensor("a", 4, 0))}", data: 4)).contains("rising data_offsets"))
        #expect(try reject(file("{\(tensor("a", 0, 5))}", data: 5)).contains("is not 5 bytes"))
        let huge = tensor("a", 0, 4, shape: "[4611686018427387904,4]")
        #expect(try reject(file("{\(huge)}", data: 4)).contains("impossible shape"))
        let end =
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,99999999999999999999]}}"
        #expect(try reject(file(end, data: 4)).contains("beyond 64 bits"))
        #expect(try reject(file("{\(tensor("a", 0, 4, dtype: "F31"))}", data: 4)).contains("F31"))
    }

    @Test("JSON that is malformed, too deep, or has duplicate names")
    func json() throws {
        let a = tensor("a", 0, 4)
        #expect(try reject(file("{\(a),\(a)}", data: 4)).contains("a twice"))
        #expect(
            try reject(file("{\"__metadata__\":{},\"__metadata__\":{}}")).contains(
                "two __metadata__"))
        #expect(
            try reject(file("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}")).contains(
                "unexpected key"))
        #expect(try reject(file("{\"a\":{\"x\":1}}")).contains("unexpected key x"))
        #expect(try reject(file("{\(a)} x", data: 4)).contains("text behind"))
        #expect(try reject(file(String(repeating: "{\"a\":", count: 200_000))).contains("header: "))
        #expect(try reject(file(String(repeating: "[", count: 200_000))).contains("header: no {"))
        #expect(try reject(file("{\"\\ud800\":1}")).contains("surrogate"))
        #expect(try reject(file("{\"\\u12g4\":1}")).contains("escape"))
        #expect(try reject(file("{\"a\":{\"shape\":[-1]}}")).contains("non-negative"))
        #expect(try reject(file("{\"a\":{\"shape\":[1.5]}}")).contains("header: no ]"))
        let whole = "{\"__metadata__\":{\"format\":\"pt\"},\(a)}"
        for length in 0..<whole.utf8.count {
            #expect(!(try reject(file(String(whole.prefix(length)), data: 4)).isEmpty))
        }
    }

    @Test("valid headers: escapes, spaces, empty tensors, any order")
    func allowed() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/x.safetensors"
            let json =
                " {\"__metadata__\" : {\"k\\n\": \"\\u00e4\\ud83d\\ude00\"}, \(tensor("b", 4, 8)),\n"
                + "\(tensor("none", 4, 4, shape: "[0,7]")),\(tensor("a", 0, 4, shape: "[]"))}   "
            try WholeFiles.writeAtomically(path, file(json, data: 8))
            let opened = try SafetensorsFile.open(path)
            #expect(opened.tensorNames == ["a", "b", "none"])
            #expect(opened.metadata == ["k\n": "ä😀"])
            #expect(try opened.shape(of: "a") == [])
            #expect(try opened.shape(of: "none") == [0, 7])
            var value = [Float](repeating: 0, count: 1)
            var span = value.mutableSpan
            try opened.read("b", into: &span)
            #expect(value == [Float(bitPattern: 0x3f3f_3f3f)])
        }
    }

    @Test("an unsupported type is reported")
    func otherType() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/x.safetensors"
            try WholeFiles.writeAtomically(
                path, file("{\(tensor("a", 0, 8, dtype: "I64"))}", data: 8))
            let opened = try SafetensorsFile.open(path)
            let error = #expect(throws: CheckpointError.self) {
                var value = [Float](repeating: 0, count: 1)
                var span = value.mutableSpan
                try opened.read("a", into: &span)
            }
            #expect(error?.message == "a is I64; F32, F16 and BF16 are read")
        }
    }
}
