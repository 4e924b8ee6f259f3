import Glibc
import Tensors

/// Losses over logits [R, C] with few outputs. Each function returns the sum over the given rows
/// and writes `scale` times its gradient into `slopes` [R, C].
enum TaskLosses {
    /// Computes the cross-entropy between the softmax over `rows` of one column and the row
    /// `label`.
    static func softmax<E: TensorElement>(
        _ logits: Matrix<Float>, rows: Range<Int>, column: Int, label: Int, scale: Float,
        slopes: Matrix<E>
    ) -> Double {
        var highest = -Float.infinity
        for row in rows { highest = max(highest, logits.row(row)[column]) }
        var total = 0.0
        for row in rows { total += exp(Double(logits.row(row)[column] - highest)) }
        for row in rows {
            let probability = exp(Double(logits.row(row)[column] - highest)) / total
            let slope = probability - (row == label ? 1 : 0)
            slopes.row(row)[column] = E(scale * Float(slope))
        }
        return log(total) - Double(logits.row(label)[column] - highest)
    }

    /// Computes the binary cross-entropy of each output of a row, whose target says if its class is
    /// among `classes`, as in PyTorch's `BCEWithLogitsLoss`: max(x, 0) - x y + log(1 + exp(-|x|)).
    static func binary<E: TensorElement>(
        _ logits: Vector<Float>, classes: [Int], scale: Float, slopes: Vector<E>
    ) -> Double {
        var sum = 0.0
        for index in 0..<logits.count {
            let value = Double(logits[index])
            let truth = classes.contains(index) ? 1.0 : 0
            sum += max(value, 0) - value * truth + log1p(exp(-abs(value)))
            slopes[index] = E(scale * Float(1 / (1 + exp(-value)) - truth))
        }
        return sum
    }

    /// Computes the squared error of a row's only output.
    static func squared<E: TensorElement>(
        _ logit: Float, target: Double, scale: Float, slope: inout E
    ) -> Double {
        let difference = Double(logit) - target
        slope = E(scale * Float(2 * difference))
        return difference * difference
    }
}
