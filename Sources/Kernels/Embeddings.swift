import CKernels
public import Tensors

/// Rows of the three embedding tables that make up each token's vector.
public struct EmbeddingIndices {
    let tokens: Vector<Int32>
    let segments: Vector<Int32>
    let positions: Vector<Int32>

    /// Creates the indices of the tables' rows for T tokens: [T] each.
    ///
    /// - Precondition: their counts are equal.
    public init(tokens: Vector<Int32>, segments: Vector<Int32>, positions: Vector<Int32>) {
        precondition(tokens.count == segments.count && tokens.count == positions.count)
        self.tokens = tokens
        self.segments = segments
        self.positions = positions
    }
}

/// Token, segment and position embeddings, or their gradients.
public struct EmbeddingTables {
    let token: Matrix<Float>
    let segment: Matrix<Float>
    let position: Matrix<Float>

    /// Creates embeddings from the tables [vocabulary, N], [segment kinds, N] and [positions, N].
    ///
    /// - Precondition: the tables have the same width and no gaps between their rows.
    public init(token: Matrix<Float>, segment: Matrix<Float>, position: Matrix<Float>) {
        precondition(token.columns == segment.columns && token.columns == position.columns)
        precondition(
            token.isContiguous && segment.isContiguous && position.isContiguous, "table has gaps")
        self.token = token
        self.segment = segment
        self.position = position
    }
}

extension KernelExecutor {
    /// Sets each row of `output` [T, N] to token + segment + position embedding.
    ///
    /// - Precondition: indices are in range of their tables (the batch was verified at creation).
    public func embed<E: TensorElement>(
        _ indices: EmbeddingIndices, _ tables: EmbeddingTables, into output: Matrix<E>
    ) {
        precondition(output.rows == indices.tokens.count && output.isContiguous, "shapes differ")
        precondition(output.columns == tables.token.columns, "widths differ")
        team.split(output.rows) { part in
            rowKernels(E.self).embedding_sum(
                part.count, output.columns, indices.tokens[part].base,
                indices.segments[part].base, indices.positions[part].base, tables.token.base,
                tables.segment.base, tables.position.base, output.row(part.lowerBound).base)
        }
    }

    /// Adds each row of `gradient` [T, N] to the rows of `tables` that were summed for it.
    public func embedBackward<E: TensorElement>(
        _ indices: EmbeddingIndices, gradient: Matrix<E>, tables: EmbeddingTables
    ) {
        scatterAdd(gradient, to: indices.tokens, of: tables.token)
        scatterAdd(gradient, to: indices.segments, of: tables.segment)
        scatterAdd(gradient, to: indices.positions, of: tables.position)
    }

    /// Sets row r of `output` [M, N] to row `indices[r]` of `table` [V, N], for `indices` [M].
    ///
    /// - Precondition: `0 <= indices[r] < V`.
    public func gather<E: TensorElement>(
        _ table: Matrix<E>, _ indices: Vector<Int32>, into output: Matrix<E>
    ) {
        precondition(output.rows == indices.count && output.columns == table.columns)
        team.split(output.rows) { part in
            for row in part { output.row(row).copy(from: table.row(Int(indices[row]))) }
        }
    }

    /// Adds row r of `rows` [M, N] to row `indices[r]` of `table` [V, N], for r in order; `indices`
    /// [M].
    ///
    /// - Precondition: `0 <= indices[r] < V` (the batch was verified at creation).
    public func scatterAdd<E: TensorElement>(
        _ rows: Matrix<E>, to indices: Vector<Int32>, of table: Matrix<Float>
    ) {
        precondition(rows.rows == indices.count && rows.columns == table.columns, "shapes differ")
        precondition(rows.isContiguous && table.isContiguous, "matrix has gaps")
        team.split(rows.columns, unit: 16) { part in
            rowKernels(E.self).scatter_add(
                rows.rows, rows.columns, part.lowerBound, part.upperBound, indices.base,
                rows.base, table.base)
        }
    }

    /// Adds row r of `rows` [M, N] to row `indices[r]` of `output` [T, N], for r in order;
    /// `indices` [M].
    ///
    /// - Precondition: `0 <= indices[r] < T`.
    public func scatterAdd<E: TensorElement>(
        _ rows: Matrix<E>, to indices: Vector<Int32>, ofRows output: Matrix<E>
    ) {
        precondition(rows.rows == indices.count && rows.columns == output.columns, "shapes differ")
        precondition(rows.isContiguous && output.isContiguous, "matrix has gaps")
        team.split(rows.columns, unit: 32) { part in
            rowKernels(E.self).scatter_add_rows(
                rows.rows, rows.columns, part.lowerBound, part.upperBound, indices.base,
                rows.base, output.base)
        }
    }
}
