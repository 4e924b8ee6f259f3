import CKernels
import OperatingSystem
import Tensors

/// Executor of the numeric kernels on a team of threads.
///
/// No result depends on the number of threads, because work is split where no sum crosses a split.
/// The exception is the portable set: OpenBLAS multiplies, and its order of summation depends on
/// the size of a part. Methods check shapes with preconditions, write only their outputs, and
/// allocate nothing.
public final class KernelExecutor {
    /// Threads that share the work.
    public let team: ThreadTeam
    /// Vector instructions in use.
    public let instructionSet: InstructionSet

    private let rowKernels: [bert_row_kernels]
    let updateKernels: bert_update_kernels
    private let scratch: [Block<UInt8>]
    /// Library that multiplies floats with the portable set.
    let openBLAS: OpenBLAS?

    /// Creates an executor of `threads` threads, pinned to `processors` if given (see
    /// `ThreadTeam`).
    ///
    /// Ends the process if OpenBLAS is needed and missing; programs first call
    /// ``InstructionSet/checkLibraries()``.
    ///
    /// - Precondition: the processor supports `instructionSet`.
    public init(
        threads: Int, processors: [Int]? = nil, instructionSet: InstructionSet = .supported
    ) {
        precondition(instructionSet <= .supported, "instructions not supported")
        team = ThreadTeam(count: threads, processors: processors)
        self.instructionSet = instructionSet
        rowKernels = Precision.allCases.map {
            bert_row_kernels_for(instructionSet.code, $0.code).pointee
        }
        updateKernels = bert_update_kernels_for(instructionSet.code).pointee
        scratch = (0..<threads).map { _ in Block<UInt8>(count: bert_gemm_scratch()) }
        openBLAS = instructionSet == .portable ? Self.loadOpenBLAS() : nil
    }

    private static func loadOpenBLAS() -> OpenBLAS {
        do {
            return try OpenBLAS.loaded()
        } catch {
            Shortage.end("\(error)", error.exitCode)
        }
    }

    /// Bytes of working memory that the executor holds.
    public var scratchBytes: Int {
        scratch.reduce(0) { $0 + $1.count }
    }

    /// Returns the packing memory of `thread`.
    func gemmScratch(_ thread: Int) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer(scratch[thread].vector.base)
    }

    /// Returns the kernels for activations of type `E`.
    func rowKernels<E: TensorElement>(_: E.Type) -> bert_row_kernels {
        rowKernels[Int(E.precision.code.rawValue)]
    }
}
