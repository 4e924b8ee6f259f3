import CKernels
import Glibc
import Kernels
import Testing

/// The largest error of an elementwise function over a sweep.
private struct Accuracy: CustomStringConvertible {
    let name: String
    private(set) var absolute = 0.0
    private(set) var relative = 0.0
    private(set) var ulps = 0.0
    private(set) var place: Float = 0

    /// Compares `function` with `exact` at `inputs`.
    init(
        _ name: String, _ inputs: StrideThrough<Float>, exact: (Double) -> Double,
        function: ([Float]) -> [Float]
    ) {
        self.name = name
        let inputs = Array(inputs)
        for (x, value) in zip(inputs, function(inputs)) {
            let expected = exact(Double(x))
            let difference = abs(Double(value) - expected)
            // Comparisons skip NaN.
            let error = difference.isNaN ? .infinity : difference
            absolute = max(absolute, error)
            let ulps = error / Double(Float(expected).ulp)
            if ulps > self.ulps { (self.ulps, place) = (ulps, x) }
            if error > 0 { relative = max(relative, error / abs(expected)) }
        }
    }

    var description: String {
        "| \(name) | \(Float(absolute)) | \(Float(relative)) | \(Float(ulps)) | \(place) |"
    }
}

extension KernelTests {
    /// The tables of docs/kernels.md: run with BERT_PRINT_ACCURACY=1 to print them.
    @Suite struct Accuracies {
        private static let kernels =
            bert_row_kernels_for(
                bert_instruction_set(UInt32(InstructionSet.supported.rawValue)), BERT_FP32
            ).pointee

        private static func report(_ accuracy: Accuracy) -> Accuracy {
            if getenv("BERT_PRINT_ACCURACY") != nil { print(accuracy) }
            return accuracy
        }

        /// The exponential alone: softmax's backward pass without a term to subtract.
        private static func exponential(_ x: [Float]) -> [Float] {
            var (x, slope) = (x, x)
            var dropout = bert_dropout()
            kernels.attention_softmax_backward(
                1, x.count, x.count, 1, &x, [0], &slope, &dropout, bert_random_row())
            return x
        }

        private static func gelu(_ kind: bert_gelu_kind) -> ([Float]) -> [Float] {
            { x in
                var y = x
                kernels.gelu_forward(kind, x.count, x, &y)
                return y
            }
        }

        private static func slope(_ kind: bert_gelu_kind) -> ([Float]) -> [Float] {
            { x in
                var y = [Float](repeating: 1, count: x.count)
                let ones = y
                kernels.gelu_backward(kind, x.count, x, ones, &y)
                return y
            }
        }

        @Test func exponentialFunction() {
            let accuracy = Self.report(
                Accuracy(
                    "exponential, -87 to 88", stride(from: -87, through: 88, by: 0x1p-12),
                    exact: exp, function: Self.exponential))
            #expect(accuracy.relative < 2e-7)
        }

        @Test func hyperbolicTangent() {
            let accuracy = Self.report(
                Accuracy(
                    "tanh, -12 to 12", stride(from: -12, through: 12, by: 0x1p-15), exact: tanh
                ) { x in
                    var y = x
                    Self.kernels.tanh_forward(x.count, x, &y)
                    return y
                })
            #expect(accuracy.relative < 8 * unitRoundoff)
        }

        /// Far below zero gelu is the small difference of large numbers, so its error is relative
        /// to the argument, not to the result.
        @Test(arguments: Activation.allCases) func gelu(activation: Activation) {
            let kind = activation == .gelu ? BERT_GELU_ERF : BERT_GELU_TANH
            for (from, to) in [(Float(-12), Float(0)), (0, 12)] {
                let accuracy = Self.report(
                    Accuracy(
                        "\(activation.rawValue), \(from) to \(to)",
                        stride(from: from, through: to, by: 0x1p-15),
                        exact: { ActivationReference.value(activation, $0) },
                        function: Self.gelu(kind)))
                // Three roundings of half of |x| <= 12, and of the result.
                #expect(accuracy.absolute < 40 * unitRoundoff)
                if from == 0 { #expect(accuracy.relative < 8 * unitRoundoff) }
            }
            let accuracy = Self.report(
                Accuracy(
                    "slope of \(activation.rawValue), -12 to 12",
                    stride(from: -12, through: 12, by: 0x1p-15),
                    exact: { ActivationReference.slope(activation, $0) },
                    function: Self.slope(kind)))
            #expect(accuracy.absolute < 16 * unitRoundoff)
        }
    }
}
