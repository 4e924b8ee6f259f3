import Glibc

/// Self-attention of an unpadded batch in double precision, forward and backward, with the bounds
/// that the errors of a `Float` computation keep.
struct AttentionReference {
    let lengths: [Int]
    let heads: Int
    let width: Int
    /// Dropout factor of the probability of (sequence, head, row, column).
    let factor: (_ sequence: Int, _ head: Int, _ row: Int, _ column: Int) -> Double

    var tokens: Int { lengths.reduce(0, +) }
    var hidden: Int { heads * width }

    /// Values and their error bounds.
    struct Bounded {
        var values: [Double]
        var bound: [Double]

        init(count: Int) {
            values = [Double](repeating: 0, count: count)
            bound = values
        }
    }

    struct Forward {
        var context: Bounded
        var logSums: Bounded
    }

    /// One head of one sequence: its scores, probabilities and the positions of its elements.
    private struct Head {
        let start: Int
        let length: Int
        let index: Int
        var probabilities: [Double]
        var factors: [Double]
        var logSums: [Double]
        /// The relative error of a probability.
        var error: Double
        var scoreError: Double
    }

    private var scale: Double { 1 / Double(width).squareRoot() }

    private func place(_ part: Int, _ head: Head, _ row: Int) -> Int {
        (head.start + row) * 3 * hidden + (part * heads + head.index) * width
    }

    private func dot(_ x: [Double], _ at: Int, _ y: [Double], _ with: Int) -> (Double, Double) {
        var (sum, size) = (0.0, 0.0)
        for index in 0..<width {
            sum += x[at + index] * y[with + index]
            size += abs(x[at + index] * y[with + index])
        }
        return (sum, size)
    }

    private func heads(_ qkv: [Double]) -> [Head] {
        var result: [Head] = []
        var start = 0
        for (sequence, length) in lengths.enumerated() {
            for index in 0..<heads where length > 0 {
                var head = Head(
                    start: start, length: length, index: index, probabilities: [], factors: [],
                    logSums: [], error: 0, scoreError: 0)
                fill(&head, sequence, qkv)
                result.append(head)
            }
            start += length
        }
        return result
    }

    private func fill(_ head: inout Head, _ sequence: Int, _ qkv: [Double]) {
        var largestSize = 0.0
        for row in 0..<head.length {
            var scores: [Double] = []
            for column in 0..<head.length {
                let (score, size) = dot(qkv, place(0, head, row), qkv, place(1, head, column))
                scores.append(score * scale)
                largestSize = max(largestSize, size * scale)
                head.factors.append(factor(sequence, head.index, row, column))
            }
            let largest = scores.max() ?? 0
            let total = scores.reduce(0) { $0 + exp($1 - largest) }
            head.logSums.append(largest + log(total))
            head.probabilities += scores.map { exp($0 - largest) / total }
        }
        // The product of a row and a column, its scaling, and the subtraction before exp; then exp
        // itself (4 roundings) and the sum of a row over sixteen lanes.
        head.scoreError = Double(width + 6) * unitRoundoff * largestSize
        head.error = 2 * head.scoreError + Double(head.length / 16 + 24) * unitRoundoff
    }

    func forward(_ qkv: [Double]) -> Forward {
        var result = Forward(
            context: Bounded(count: tokens * hidden), logSums: Bounded(count: tokens * heads))
        for head in heads(qkv) {
            for row in 0..<head.length {
                let sum = head.start * heads + head.index * head.length + row
                result.logSums.values[sum] = head.logSums[row]
                result.logSums.bound[sum] = head.error * (1 + abs(head.logSums[row]))
                let target = (head.start + row) * hidden + head.index * width
                for column in 0..<head.length {
                    let cell = row * head.length + column
                    let weight = head.probabilities[cell] * head.factors[cell]
                    let error = weight * (head.error + Double(head.length + 4) * unitRoundoff)
                    let value = place(2, head, column)
                    for index in 0..<width {
                        result.context.values[target + index] += weight * qkv[value + index]
                        result.context.bound[target + index] += error * abs(qkv[value + index])
                    }
                }
            }
        }
        return result
    }

    /// Gradient of `qkv`, given the gradient `output` of the context.
    func backward(_ qkv: [Double], output: [Double]) -> Bounded {
        let context = forward(qkv).context.values
        var result = Bounded(count: qkv.count)
        for head in heads(qkv) {
            let error =
                4 * (2 * head.error + Double(head.length + width + 16) * unitRoundoff)
            for row in 0..<head.length {
                let place = (head.start + row) * hidden + head.index * width
                let (sum, sumSize) = dot(output, place, context, place)
                for column in 0..<head.length {
                    add(head, row, column, sum, sumSize, qkv, output, place, error, &result)
                }
            }
        }
        return result
    }

    /// Adds the contribution of one pair of tokens to the gradients of query, key and value.
    private func add(
        _ head: Head, _ row: Int, _ column: Int, _ sum: Double, _ sumSize: Double,
        _ qkv: [Double], _ output: [Double], _ outputPlace: Int, _ error: Double,
        _ result: inout Bounded
    ) {
        let cell = row * head.length + column
        let (p, factor) = (head.probabilities[cell], head.factors[cell])
        let (query, key) = (place(0, head, row), place(1, head, column))
        let value = place(2, head, column)
        let (slope, slopeSize) = dot(output, outputPlace, qkv, value)
        let scoreSlope = p * (slope * factor - sum) * scale
        let scoreSize = p * (slopeSize * factor + sumSize) * scale
        for index in 0..<width {
            let (q, k) = (qkv[query + index], qkv[key + index])
            let o = output[outputPlace + index]
            result.values[query + index] += scoreSlope * k
            result.bound[query + index] += scoreSize * abs(k) * error
            result.values[key + index] += scoreSlope * q
            result.bound[key + index] += scoreSize * abs(q) * error
            result.values[value + index] += p * factor * o
            result.bound[value + index] += p * factor * abs(o) * error
        }
    }
}
