/// Storage format and rounding of a number, under the names that configurations use.
public enum Precision: String, Sendable, Codable, CaseIterable {
    /// IEEE 754 binary32.
    case fp32
    /// Upper half of a binary32: its range with 8 bits of precision.
    case bf16
    /// IEEE 754 binary16: 11 bits of precision between 6e-8 and 65504.
    case fp16

    /// Type of one number.
    public var element: any TensorElement.Type {
        switch self {
        case .fp32: Float.self
        case .bf16: BFloat16.self
        case .fp16: Float16.self
        }
    }

    /// Bytes of one number.
    public var bytes: Int { self == .fp32 ? 4 : 2 }

    /// Largest relative error of rounding a normal number: half a unit in the last place of 1.
    public var unitRoundoff: Double {
        switch self {
        case .fp32: 0x1p-24
        case .bf16: 0x1p-8
        case .fp16: 0x1p-11
        }
    }
}

/// Number as stored in activations; arithmetic is done in `Float`.
public protocol TensorElement: BitwiseCopyable, Sendable {
    /// Storage format of this element.
    static var precision: Precision { get }
    /// Creates the element nearest to `value`, ties to even.
    init(_ value: Float)
    /// Exact value.
    var float: Float { get }
}

extension Float: TensorElement {
    /// `fp32`.
    public static var precision: Precision { .fp32 }
    /// The number itself.
    public var float: Float { self }
}

extension Float16: TensorElement {
    /// `fp16`.
    public static var precision: Precision { .fp16 }
    /// Exact value.
    public var float: Float { Float(self) }
}

/// Upper half of a `Float`.
public struct BFloat16: TensorElement, Equatable {
    /// `bf16`.
    public static var precision: Precision { .bf16 }
    /// Sign, exponent and the first seven bits of the fraction.
    public let bits: UInt16

    /// Creates the number with these bits.
    public init(bits: UInt16) {
        self.bits = bits
    }

    /// Creates the number nearest to `value`, ties to even.
    public init(_ value: Float) {
        let pattern = value.bitPattern
        // Adding just less than half of the last place, plus its lowest bit, rounds ties to even.
        // The carry must not turn a NaN into infinity.
        bits =
            value.isNaN
            ? UInt16(pattern >> 16) | 0x40
            : UInt16((pattern + 0x7fff + (pattern >> 16 & 1)) >> 16)
    }

    /// Exact value.
    public var float: Float { Float(bitPattern: UInt32(bits) << 16) }
}
