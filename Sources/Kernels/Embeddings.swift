import CKernels
public import Tensors

/// Which rows of the three embedding tables make up each token's vector.
public struct EmbeddingIndices {
    let tokens: Vector<Int32>
    let segments: Vector<Int32>
    let positions: Vector<Int32>

    /// The rows of each of T tokens in the tables: [T] each.
    ///
    /// - Precondition: their counts are equal.
    public init(tokens: Vector<Int32>, segments: Vector<Int32>, positions: Vector<Int32>) {
        precondition(tokens.count == segments.count && tokens.count == positions.count)
        self.tokens = tokens
        self.segments = segments
        self.positions = positions
    }
}

/// The token, segment and position embeddings, or the gradients to them.
public struct EmbeddingTables {
    let token: Matrix<Float>
    let segment: Matrix<Float>
    let position: Matrix<Float>

    /// The tables [vocabulary, N], [segment kinds, N] and [positions, N].
    ///
    /// - Precondition: they have one width and no gaps between their rows.
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
    /// Each row of `output` [T, N] = token + segment + position embedding.
    ///
    /// - Precondition: indices lie in their tables (the batch was checked when it was made).
    public func embed(
        _ indices: EmbeddingIndices, _ tables: EmbeddingTables, into output: Matrix<Float>
    ) {
        precondition(output.rows == indices.tokens.count && output.isContiguous, "shapes differ")
        precondition(output.columns == tables.token.columns, "widths differ")
        team.split(output.rows) { part in
            rowKernels.embedding_sum(
                part.count, output.columns, indices.tokens[part].base,
                indices.segments[part].base, indices.positions[part].base, tables.token.base,
                tables.segment.base, tables.position.base, output.row(part.lowerBound).base)
        }
    }

    /// Adds each row of `gradient` [T, N] to the rows of `tables` that it was made of.
    public func embedBackward(
        _ indices: EmbeddingIndices, gradient: Matrix<Float>, tables: EmbeddingTables
    ) {
        scatterAdd(gradient, to: indices.tokens, of: tables.token)
        scatterAdd(gradient, to: indices.segments, of: tables.segment)
        scatterAdd(gradient, to: indices.positions, of: tables.position)
    }

    /// Row r of `output` [M, N] = row `indices[r]` of `table` [V, N], for `indices` [M].
    ///
    /// - Precondition: `0 <= indices[r] < V`.
    public func gather(
        _ table: Matrix<Float>, _ indices: Vector<Int32>, into output: Matrix<Float>
    ) {
        precondition(output.rows == indices.count && output.columns == table.columns)
        team.split(output.rows) { part in
            for row in part { output.row(row).copy(from: table.row(Int(indices[row]))) }
        }
    }

    /// Row `indices[r]` of `table` [V, N] += row r of `rows` [M, N], for r in order; `indices` [M].
    ///
    /// - Precondition: `0 <= indices[r] < V` (the batch was checked when it was made).
    public func scatterAdd(
        _ rows: Matrix<Float>, to indices: Vector<Int32>, of table: Matrix<Float>
    ) {
        precondition(rows.rows == indices.count && rows.columns == table.columns, "shapes differ")
        precondition(rows.isContiguous && table.isContiguous, "matrix has gaps")
        team.split(rows.columns, unit: 16) { part in
            rowKernels.scatter_add(
                rows.rows, rows.columns, part.lowerBound, part.upperBound, indices.base,
                rows.base, table.base)
        }
    }
}
