/// A code point, or U+FFFD for invalid bytes, and its length in bytes.
struct DecodedScalar {
    let value: UInt32
    let length: Int
}

/// Decodes the code point at `bytes`, of which `available` > 0 may be read.
///
/// Invalid input yields U+FFFD and the length of the maximal subpart of a well-formed sequence (at
/// least 1), as the Unicode standard recommends (3.9, table 3-8) and Python's `errors="replace"`
/// does.
@inline(__always)
func decodeScalar(_ bytes: UnsafePointer<UInt8>, _ available: Int) -> DecodedScalar {
    let lead = bytes[0]
    if lead < 0x80 { return DecodedScalar(value: UInt32(lead), length: 1) }
    guard lead >= 0xC2, lead <= 0xF4, available > 1 else {
        return DecodedScalar(value: 0xFFFD, length: 1)
    }
    let second = bytes[1]
    // The second byte's range excludes overlong forms, surrogates and code points above U+10FFFF.
    var low: UInt8 = 0x80
    var high: UInt8 = 0xBF
    switch lead {
    case 0xE0: low = 0xA0
    case 0xED: high = 0x9F
    case 0xF0: low = 0x90
    case 0xF4: high = 0x8F
    default: break
    }
    guard second >= low, second <= high else { return DecodedScalar(value: 0xFFFD, length: 1) }
    let tail = UInt32(second & 0x3F)
    if lead < 0xE0 { return DecodedScalar(value: UInt32(lead & 0x1F) << 6 | tail, length: 2) }
    guard available > 2, bytes[2] & 0xC0 == 0x80 else {
        return DecodedScalar(value: 0xFFFD, length: 2)
    }
    let three = tail << 6 | UInt32(bytes[2] & 0x3F)
    if lead < 0xF0 { return DecodedScalar(value: UInt32(lead & 0x0F) << 12 | three, length: 3) }
    guard available > 3, bytes[3] & 0xC0 == 0x80 else {
        return DecodedScalar(value: 0xFFFD, length: 3)
    }
    let value = UInt32(lead & 0x07) << 18 | three << 6 | UInt32(bytes[3] & 0x3F)
    return DecodedScalar(value: value, length: 4)
}
