import CKernels
public import Randomness
public import Tensors

/// Random address of one row: its sample's epoch and number, and its position in the sample.
public struct RandomRow: BitwiseCopyable, Sendable {
    let row: bert_random_row

    /// Creates the address of row `position` of `sample` in `epoch`.
    ///
    /// - Precondition: `0 <= epoch < RandomAddress.epochLimit`, `sample >= 0`, and `position` is
    ///   below 2^24; rows of more than 2048 elements allow less (see `dropout`).
    public init(epoch: Int, sample: Int, position: Int) {
        precondition(epoch >= 0 && epoch < RandomAddress.epochLimit, "epoch out of range")
        precondition(sample >= 0 && position >= 0 && position < 1 << 24, "row out of range")
        row = bert_random_row(
            high: (
                UInt32(epoch), UInt32(truncatingIfNeeded: sample),
                UInt32(truncatingIfNeeded: sample >> 32)
            ), position: UInt32(position))
    }

    /// Returns the exclusive upper bound of the positions that have random numbers: a row of
    /// `columns` elements takes 16 blocks for each 128 of them, and an address has 2^32.
    static func positionLimit(columns: Int) -> Int { (1 << 28) / max((columns + 127) / 128, 1) }

    /// Returns the same sample's address at another `position`.
    func at(_ position: Int) -> bert_random_row {
        var row = row
        row.position = UInt32(position)
        return row
    }
}

/// Dropout at one place in the network. The dropped elements are a pure function of the seed, the
/// place and the row's address, so the backward pass regenerates the mask instead of storing it.
///
/// The probability is rounded to a multiple of 2^-16, and the scale matches the rounded value.
public struct Dropout: Sendable {
    let parameters: bert_dropout

    /// No dropout.
    public static let none = Dropout(seed: 0, purpose: .synthetic, probability: 0)

    /// Creates dropout with `probability` at the place that `purpose` and `layer` name.
    ///
    /// - Precondition: `0 <= probability < 1`, `0 <= layer < 256`.
    public init(seed: UInt64, purpose: RandomPurpose, layer: Int = 0, probability: Double) {
        precondition(probability >= 0 && probability < 1, "probability out of range")
        let threshold = min((probability * 65536).rounded(), 65535)
        let address = RandomAddress(seed: seed, purpose: purpose, layer: layer, sample: 0)
        parameters = bert_dropout(
            key: (address.key[0], address.key[1]), purpose: address.high[0],
            threshold: UInt32(threshold), scale: Float(65536 / (65536 - threshold)))
    }

    /// Whether any elements are dropped.
    public var isActive: Bool { parameters.threshold != 0 }

    /// Verifies that each of `rows` rows has an address, and each of its elements a random number.
    func check(_ random: Vector<RandomRow>, rows: Int, columns: Int) {
        precondition(random.count == rows, "one random address a row")
        let limit = RandomRow.positionLimit(columns: columns)
        precondition(
            !isActive || random.buffer.allSatisfy { $0.row.position < limit },
            "too many random numbers")
    }
}

extension KernelExecutor {
    /// Sets `output` [M, N] to the dropout of `input` [M, N], whose rows have the addresses
    /// `random` [M]; they may be the same matrix.
    ///
    /// - Precondition: positions lie below 2^28 / ceil(N / 128).
    public func dropout<E: TensorElement>(
        _ input: Matrix<E>, _ dropout: Dropout, rows random: Vector<RandomRow>,
        into output: Matrix<E>
    ) {
        precondition(input.isContiguous && output.isContiguous, "matrix has gaps")
        precondition(input.rows == output.rows && input.columns == output.columns, "shapes differ")
        dropout.check(random, rows: input.rows, columns: input.columns)
        team.split(input.rows) { part in
            withUnsafePointer(to: dropout.parameters) { parameters in
                rowKernels(E.self).dropout(
                    part.count, input.columns, input.row(part.lowerBound).base, parameters,
                    random.addresses + part.lowerBound, output.row(part.lowerBound).base)
            }
        }
    }
}

extension Vector<RandomRow> {
    /// Addresses in the form that the kernels read.
    var addresses: UnsafePointer<bert_random_row> {
        UnsafeRawPointer(base).assumingMemoryBound(to: bert_random_row.self)
    }
}
