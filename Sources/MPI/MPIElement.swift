import CMPI

/// A type whose values MPI can send and, if they are numbers, reduce.
public protocol MPIElement: BitwiseCopyable {
    /// MPI's name for this type.
    static var mpiType: MPIType { get }
}

/// Element types of messages and reductions.
public enum MPIType: Sendable {
    /// `MPI_FLOAT`.
    case float
    /// `MPI_DOUBLE`.
    case double
    /// `MPI_UINT8_T`.
    case uint8
    /// `MPI_UINT16_T`; also used for 16-bit floating-point values, as bits.
    case uint16
    /// `MPI_INT32_T`.
    case int32
    /// `MPI_INT64_T`.
    case int64

    var handle: CMPIDatatype {
        switch self {
        case .float: cmpi_type_float()
        case .double: cmpi_type_double()
        case .uint8: cmpi_type_uint8()
        case .uint16: cmpi_type_uint16()
        case .int32: cmpi_type_int32()
        case .int64: cmpi_type_int64()
        }
    }
}

extension Float: MPIElement {
    /// `MPI_FLOAT`.
    public static var mpiType: MPIType { .float }
}

extension Double: MPIElement {
    /// `MPI_DOUBLE`.
    public static var mpiType: MPIType { .double }
}

extension UInt8: MPIElement {
    /// `MPI_UINT8_T`.
    public static var mpiType: MPIType { .uint8 }
}

extension UInt16: MPIElement {
    /// `MPI_UINT16_T`.
    public static var mpiType: MPIType { .uint16 }
}

extension Int32: MPIElement {
    /// `MPI_INT32_T`.
    public static var mpiType: MPIType { .int32 }
}

extension Int64: MPIElement {
    /// `MPI_INT64_T`.
    public static var mpiType: MPIType { .int64 }
}

/// Operation of a reduction.
public enum ReductionOperation: Sendable {
    /// `MPI_SUM`.
    case sum
    /// `MPI_MIN`.
    case minimum
    /// `MPI_MAX`.
    case maximum
    /// `MPI_BOR`, for integers only: on floating-point elements the call throws.
    case bitwiseOr

    var handle: CMPIOp {
        switch self {
        case .sum: cmpi_op_sum()
        case .minimum: cmpi_op_min()
        case .maximum: cmpi_op_max()
        case .bitwiseOr: cmpi_op_bor()
        }
    }
}
