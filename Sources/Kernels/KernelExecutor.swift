import CKernels
import OperatingSystem
import Tensors

/// Runs the numeric kernels on a team of threads.
///
/// No result depends on the number of threads: work is cut where no sum crosses a cut (but with
/// the portable set OpenBLAS multiplies, whose order of summation depends on the size of a cut).
/// Methods check shapes with preconditions, write only their outputs, and allocate nothing.
public final class KernelExecutor {
    /// The threads that share the work.
    public let team: ThreadTeam
    /// The vector instructions in use.
    public let instructionSet: InstructionSet

    private let rowKernels: [bert_row_kernels]
    let updateKernels: bert_update_kernels
    private let scratch: [Block<UInt8>]
    /// The library that multiplies floats with the portable set.
    let openBLAS: OpenBLAS?

    /// An executor of `threads` threads, pinned to `processors` if given (see `ThreadTeam`).
    ///
    /// Ends the process where OpenBLAS is needed and missing: programs first ask
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

    /// The packing memory of `thread`.
    func gemmScratch(_ thread: Int) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer(scratch[thread].vector.base)
    }

    /// The kernels of activations of type `E`.
    func rowKernels<E: TensorElement>(_: E.Type) -> bert_row_kernels {
        rowKernels[Int(E.precision.code.rawValue)]
    }
}
