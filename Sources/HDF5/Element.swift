import CHDF5

/// Number types of datasets and attributes.
public enum ElementType: String, Sendable, CaseIterable {
    case float32, float64, int8, uint8, int16, uint16, int32, int64

    /// Type in memory.
    var native: hid_t {
        Library.requireStarted()
        return switch self {
        case .float32: chdf5_native_float()
        case .float64: chdf5_native_double()
        case .int8: chdf5_native_int8()
        case .uint8: chdf5_native_uint8()
        case .int16: chdf5_native_int16()
        case .uint16: chdf5_native_uint16()
        case .int32: chdf5_native_int32()
        case .int64: chdf5_native_int64()
        }
    }

    /// Type in files: little-endian on every machine, so that files are byte-identical.
    var stored: hid_t {
        Library.requireStarted()
        return switch self {
        case .float32: chdf5_file_float()
        case .float64: chdf5_file_double()
        case .int8: chdf5_file_int8()
        case .uint8: chdf5_file_uint8()
        case .int16: chdf5_file_int16()
        case .uint16: chdf5_file_uint16()
        case .int32: chdf5_file_int32()
        case .int64: chdf5_file_int64()
        }
    }
}

/// A Swift number type that HDF5 reads and writes.
public protocol HDF5Element: BitwiseCopyable, Sendable {
    /// Name of the type in files.
    static var elementType: ElementType { get }
    /// Zero, to fill buffers.
    static var zero: Self { get }
}

extension Float: HDF5Element {
    /// 32-bit IEEE.
    public static var elementType: ElementType { .float32 }
}
extension Double: HDF5Element {
    /// 64-bit IEEE.
    public static var elementType: ElementType { .float64 }
}
extension Int8: HDF5Element {
    /// 8-bit signed.
    public static var elementType: ElementType { .int8 }
}
extension UInt8: HDF5Element {
    /// 8-bit unsigned.
    public static var elementType: ElementType { .uint8 }
}
extension Int16: HDF5Element {
    /// 16-bit signed.
    public static var elementType: ElementType { .int16 }
}
extension UInt16: HDF5Element {
    /// 16-bit unsigned.
    public static var elementType: ElementType { .uint16 }
}
extension Int32: HDF5Element {
    /// 32-bit signed.
    public static var elementType: ElementType { .int32 }
}
extension Int64: HDF5Element {
    /// 64-bit signed.
    public static var elementType: ElementType { .int64 }
}
