import Kernels
import Randomness
import Tensors
import Testing

/// Parent of every suite here: they share executors, so they run one after another.
@Suite(.serialized) enum KernelTests {}

/// Half a unit in the last place of 1: the relative error of one rounding of a `Float`.
let unitRoundoff = 0x1p-24

/// One executor for each supported instruction set and 1, 2 and 3 threads.
nonisolated(unsafe) let executors: [KernelExecutor] =
    InstructionSet.allCases.filter { $0 <= .supported }.flatMap { set in
        (1...3).map { KernelExecutor(threads: $0, instructionSet: set) }
    }

/// Numbers of [-1, 1), the same for the same `stream` on every run.
func randomFloats(_ count: Int, stream: Int) -> [Float] {
    var generator = AddressedGenerator(
        RandomAddress(seed: 42, purpose: .synthetic, sample: stream))
    return (0..<count).map { _ in Float(generator.uniform() * 2 - 1) }
}

/// Blocks that live as long as this object, and views of them, each followed by an unused guard
/// margin.
final class Memory {
    private var blocks: [AnyObject] = []
    private var margins: [UnsafeMutableRawBufferPointer] = []

    /// Elements of a margin: as many as a 512-bit register has floats.
    private static let marginCount = 16

    /// Content of margins and of the gaps between the rows of a matrix: a NaN that no kernel
    /// produces, so that reads (the result is NaN) and writes (the bits change) there are detected.
    static let gapValue = Float(bitPattern: 0x7fc1_2345)

    func vector<Element: BitwiseCopyable>(_ values: [Element]) -> Vector<Element> {
        let block = Block<Element>(count: values.count + Self.marginCount)
        blocks.append(block)
        for (index, value) in values.enumerated() { block.vector[index] = value }
        let margin = UnsafeMutableRawBufferPointer(block[values.count..<block.count].buffer)
        for offset in stride(from: 0, to: margin.count, by: 4) {
            margin.storeBytes(
                of: Self.gapValue.bitPattern, toByteOffset: offset, as: UInt32.self)
        }
        margins.append(margin)
        return block[0..<values.count]
    }

    /// Whether nothing was written beyond the end of a vector.
    var marginsAreUntouched: Bool {
        margins.allSatisfy { margin in
            stride(from: 0, to: margin.count, by: 4).allSatisfy {
                margin.loadUnaligned(fromByteOffset: $0, as: UInt32.self)
                    == Self.gapValue.bitPattern
            }
        }
    }

    func zeros(_ count: Int) -> Vector<Float> {
        vector([Float](repeating: 0, count: count))
    }

    /// A matrix whose rows are followed by `gap` unused elements.
    func matrix<Element: TensorElement>(
        _ values: [Element], rows: Int, columns: Int, gap: Int = 0
    ) -> Matrix<Element> {
        let stride = columns + gap
        let all = vector([Element](repeating: Element(Self.gapValue), count: rows * stride))
        for row in 0..<rows {
            for column in 0..<columns {
                all.base[row * stride + column] = values[row * columns + column]
            }
        }
        return Matrix(base: all.base, rows: rows, columns: columns, stride: stride)
    }
}

extension Vector {
    var array: [Element] { Array(buffer) }
}

extension Matrix where Element: TensorElement {
    var array: [Element] { (0..<rows).flatMap { row($0).array } }

    /// Whether nothing was written between the rows of a matrix of `Memory`.
    var gapsAreUntouched: Bool {
        (0..<rows).allSatisfy { row in
            (columns..<stride).allSatisfy {
                base[row * stride + $0].float.bitPattern
                    == Element(Memory.gapValue).float.bitPattern
            }
        }
    }
}

/// Bits of `values`, with one pattern for every NaN.
func bits(_ values: [Float]) -> [UInt32] {
    values.map { $0.isNaN ? 0x7fc0_0000 : $0.bitPattern }
}

/// Results that must agree bitwise.
enum Agreement {
    /// AVX2 with AVX-512, and any number of threads; the portable set separately.
    case vectorSets
    /// As `vectorSets`, but the portable set only approximately, because it uses OpenBLAS.
    case vectorSetsOnly
    /// All instruction sets and any number of threads.
    case all
}

/// Runs `body` on every executor. Each element of its result must be within `bound` of `reference`,
/// executors must agree as `agreement` says, and nothing may be written beyond an end.
func compare(
    _ label: String, _ reference: [Double], bound: [Double], _ agreement: Agreement = .vectorSets,
    sourceLocation: SourceLocation = #_sourceLocation,
    body: (KernelExecutor, Memory) -> [Float]
) {
    var seen: [Bool: [UInt32]] = [:]
    for executor in executors {
        let memory = Memory()
        let result = withExtendedLifetime(memory) { body(executor, memory) }
        let name = "\(label), \(executor.instructionSet), \(executor.team.count) threads"
        #expect(result.count == reference.count, "\(name)", sourceLocation: sourceLocation)
        #expect(
            memory.marginsAreUntouched, "\(name): wrote behind an end",
            sourceLocation: sourceLocation)
        if let worst = firstOutside(result, reference, bound) {
            Issue.record(
                "\(name): element \(worst) is \(result[worst]), not \(reference[worst]) +- \(bound[worst])",
                sourceLocation: sourceLocation)
        }
        let isPortable = executor.instructionSet == .portable
        if isPortable, agreement == .vectorSetsOnly { continue }
        let family = agreement == .all ? false : isPortable
        if let expected = seen[family] {
            #expect(
                bits(result) == expected, "\(name): other bits than before",
                sourceLocation: sourceLocation)
        } else {
            seen[family] = bits(result)
        }
    }
}

private func firstOutside(_ result: [Float], _ reference: [Double], _ bound: [Double]) -> Int? {
    zip(result, zip(reference, bound)).enumerated().first { _, element in
        let (value, (expected, bound)) = element
        if expected.isNaN { return !value.isNaN }
        return !(abs(Double(value) - expected) <= bound)
    }?.offset
}

func doubles(_ values: [Float]) -> [Double] { values.map(Double.init) }
