import DurableFiles
import Reporting
import TemporaryDirectories
import Testing

/// Decodes the output with a second implementation of TFRecord, CRC-32C and the wire format.
@Suite struct TensorBoardTests {
    let directory = TemporaryDirectory()

    func events() throws -> [Event] {
        let names = try Paths.names(in: directory.path)
        #expect(names.count == 1)
        let name = try #require(names.first)
        #expect(name.hasPrefix("events.out.tfevents.1700000000."))
        return try records(directory.bytes(name)).map(Event.init)
    }

    @Test func checksum() {
        // The check value of CRC-32C (RFC 3720 and the catalogue of CRC algorithms).
        #expect(bitwiseCRC32C(Array("123456789".utf8)) == 0xE306_9283)
    }

    @Test func stepAndEvaluation() throws {
        let log = try TensorBoardLog(
            directory: directory.path, resumingAt: 0, now: { 1_700_000_000.5 })
        var record = stepRecord(300)
        record.gradientNorm = .infinity
        try log.append(.step(record))
        try log.append(.preempt(PreemptRecord(step: 300, reason: "SIGTERM")))
        try log.append(.evaluation(evaluationRecord(300)))
        let events = try events()
        #expect(events.count == 3)
        #expect(events.allSatisfy { $0.wallTime == 1_700_000_000.5 })
        #expect(events[0].fileVersion == "brain.Event:2" && events[0].step == 0)
        #expect(events[1].step == 300 && events[2].step == 300)
        #expect(
            events[1].scalars == [
                "train/loss": 7.5, "train/mlm_loss": 6.8125, "train/nsp_loss": 0.6875,
                "train/mlm_accuracy": 0.125, "train/nsp_accuracy": 0.5625,
                "train/learning_rate": 1e-4, "train/grad_norm": .infinity, "train/loss_scale": 1,
                "train/samples": 76_800, "train/tokens": 9_000_000,
                "train/tokens_per_second": 12_345, "train/step_seconds": 2.5,
                "train/overlap": 0.75, "train/mfu": 0.5,
            ])
        #expect(
            events[2].scalars == [
                "evaluation/mlm_accuracy": 0.25, "evaluation/mlm_loss": 4.5,
                "evaluation/mlm_tokens": 1900, "evaluation/nsp_accuracy": 0.625,
                "evaluation/nsp_loss": 0.65625, "evaluation/nsp_pairs": 100,
                "evaluation/mlm_baseline_accuracy": 0.0625,
                "evaluation/nsp_baseline_accuracy": 0.53125,
                "evaluation/mlm_accuracy_low": 0.2, "evaluation/mlm_accuracy_high": 0.3,
                "evaluation/nsp_loss_low": 0.5, "evaluation/nsp_loss_high": 0.75,
            ])
    }

    @Test func resumingHidesLaterSteps() throws {
        _ = try TensorBoardLog(
            directory: directory.path, resumingAt: 500, now: { 1_700_000_000 })
        let events = try events()
        #expect(events.count == 2)
        #expect(events[1].step == 501 && events[1].sessionStatus == 1)
    }
}

/// The written parts of tensorflow.Event.
struct Event {
    var wallTime = 0.0
    var step = 0
    var fileVersion = ""
    var sessionStatus = 0
    var scalars: [String: Float] = [:]

    init(_ bytes: [UInt8]) throws {
        for field in try fields(bytes) {
            switch field.number {
            case 1: wallTime = Double(bitPattern: littleEndian(field.bytes))
            case 2: step = Int(field.integer)
            case 3: fileVersion = String(decoding: field.bytes, as: UTF8.self)
            case 5: try readSummary(field.bytes)
            case 7:
                sessionStatus = Int(try fields(field.bytes).first { $0.number == 1 }?.integer ?? 0)
            default: Issue.record("unexpected field \(field.number)")
            }
        }
    }

    private mutating func readSummary(_ bytes: [UInt8]) throws {
        for value in try fields(bytes) {
            #expect(value.number == 1)
            let parts = try fields(value.bytes)
            #expect(parts.map(\.number) == [1, 2])
            let tag = String(decoding: parts[0].bytes, as: UTF8.self)
            let number = Float(bitPattern: UInt32(littleEndian(parts[1].bytes)))
            #expect(scalars.updateValue(number, forKey: tag) == nil)
        }
    }
}

private struct Malformed: Error {}

private struct Field {
    var number: Int
    var integer: UInt64 = 0
    var bytes: [UInt8] = []
}

private func fields(_ bytes: [UInt8]) throws -> [Field] {
    var rest = bytes[...]
    var result: [Field] = []
    func take(_ count: Int) throws -> [UInt8] {
        guard rest.count >= count else { throw Malformed() }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }
    func variableInteger() throws -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try take(1)[0]
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }
    while !rest.isEmpty {
        let key = try variableInteger()
        var field = Field(number: Int(key >> 3))
        switch key & 7 {
        case 0: field.integer = try variableInteger()
        case 1: field.bytes = try take(8)
        case 2: field.bytes = try take(Int(variableInteger()))
        case 5: field.bytes = try take(4)
        default: throw Malformed()
        }
        result.append(field)
    }
    return result
}

private func records(_ bytes: [UInt8]) throws -> [[UInt8]] {
    var rest = bytes[...]
    var result: [[UInt8]] = []
    while !rest.isEmpty {
        let length = Array(rest.prefix(8))
        let count = Int(littleEndian(length))
        guard rest.count >= 16 + count else { throw Malformed() }
        #expect(UInt32(littleEndian(Array(rest.dropFirst(8).prefix(4)))) == masked(length))
        let data = Array(rest.dropFirst(12).prefix(count))
        #expect(UInt32(littleEndian(Array(rest.dropFirst(12 + count).prefix(4)))) == masked(data))
        result.append(data)
        rest = rest.dropFirst(16 + count)
    }
    return result
}

private func littleEndian(_ bytes: [UInt8]) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
}

private func bitwiseCRC32C(_ bytes: [UInt8]) -> UInt32 {
    var value = ~UInt32(0)
    for byte in bytes {
        value ^= UInt32(byte)
        for _ in 0..<8 { value = value >> 1 ^ (value & 1) &* 0x82F6_3B78 }
    }
    return ~value
}

private func masked(_ bytes: [UInt8]) -> UInt32 {
    let value = bitwiseCRC32C(bytes)
    return (value >> 15 | value << 17) &+ 0xa282_ead8
}
