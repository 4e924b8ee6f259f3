import Glibc
import Kernels
import Tensors
import Testing

/// The activations and their slopes in double precision.
enum ActivationReference {
    static func value(_ activation: Activation, _ x: Double) -> Double {
        // erfc instead of 1 + erf, which loses everything to cancellation far below zero.
        if activation == .gelu { return x * 0.5 * erfc(-x * 0.5.squareRoot()) }
        return x / (1 + exp(-2 * inner(x)))
    }

    static func slope(_ activation: Activation, _ x: Double) -> Double {
        if activation == .gelu {
            let density = exp(-x * x / 2) / (2 * Double.pi).squareRoot()
            return 0.5 * erfc(-x * 0.5.squareRoot()) + x * density
        }
        let t = tanh(inner(x))
        let innerSlope = (2 / Double.pi).squareRoot() * (1 + 3 * 0.044715 * x * x)
        // 1 - t^2 = 1 / cosh^2, without cancellation.
        let fall = 1 / (cosh(inner(x)) * cosh(inner(x)))
        return 0.5 * (1 + t) + (fall == 0 ? 0 : 0.5 * x * fall * innerSlope)
    }

    private static func inner(_ x: Double) -> Double {
        (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)
    }
}

extension KernelTests {
    @Suite struct Activations {
        /// From -12 to 12 in steps of 1/64, and special values beyond.
        static let inputs: [Float] =
            [0, -0.0, 1e-30, -1e-30, 50, -50, 1e4, -1e4, 88, -88, 1.7e19]
            + (-768...768).map { Float($0) / 64 }

        /// Three roundings of the result, and eight of 1 + erf or 1 + tanh, each times |x| / 2.
        private static func bound(_ x: Float, _ expected: Double) -> Double {
            unitRoundoff * (3 * abs(expected) + 4 * Double(abs(x)))
        }

        @Test(arguments: Activation.allCases) func forward(activation: Activation) {
            let inputs = Self.inputs
            let expected = inputs.map { ActivationReference.value(activation, Double($0)) }
            compare(
                "\(activation)", expected, bound: zip(inputs, expected).map(Self.bound)
            ) { executor, memory in
                let output = memory.zeros(inputs.count)
                executor.activate(memory.vector(inputs), activation, into: output)
                return output.array
            }
        }

        /// Where the slope has settled, a multiple of |x| would hide an error; elsewhere the error
        /// of tanh is multiplied by |x| (1 + x^2) / 2.
        @Test(arguments: Activation.allCases) func backward(activation: Activation) {
            let inputs = Self.inputs
            let gradient = randomFloats(inputs.count, stream: 5)
            let slopes = inputs.map { ActivationReference.slope(activation, Double($0)) }
            let expected = zip(slopes, gradient).map { $0 * Double($1) }
            let bound = inputs.map { x in
                let size = min(Double(abs(x)), 12)
                return unitRoundoff * (8 + 4 * size * (1 + size * size * 0.14))
            }
            compare("\(activation)", expected, bound: bound) { executor, memory in
                let result = memory.vector(gradient)
                executor.activateBackward(
                    input: memory.vector(inputs), activation, gradient: result)
                return result.array
            }
        }

        @Test func tanhAndItsSlope() {
            let inputs = Self.inputs
            let gradient = randomFloats(inputs.count, stream: 6)
            let values = inputs.map { tanh(Double($0)) }
            let slopes = zip(values, gradient).map { (1 - $0 * $0) * Double($1) }
            let bound =
                values.map { 8 * unitRoundoff * abs($0) }
                + values.map { _ in
                    20 * unitRoundoff
                }
            compare("tanh", values + slopes, bound: bound) { executor, memory in
                let (output, result) = (memory.vector(inputs), memory.vector(gradient))
                executor.tanh(output)
                executor.tanhBackward(output: output, gradient: result)
                return output.array + result.array
            }
        }

        @Test func whatIsNotANumberStaysVisible() {
            for executor in executors {
                let memory = Memory()
                let input = memory.vector([Float](repeating: .nan, count: 37))
                for activation in Activation.allCases {
                    let output = memory.zeros(37)
                    executor.activate(input, activation, into: output)
                    #expect(output.array.allSatisfy { $0.isNaN })
                    output.fill(1)
                    executor.activateBackward(input: input, activation, gradient: output)
                    #expect(output.array.allSatisfy { $0.isNaN })
                }
                executor.tanh(input)
                #expect(input.array.allSatisfy { $0.isNaN })
                let gradient = memory.vector([Float](repeating: 1, count: 37))
                executor.tanhBackward(output: input, gradient: gradient)
                #expect(gradient.array.allSatisfy { $0.isNaN })
                withExtendedLifetime(memory) {}
            }
        }

        /// No lane beyond the end of a vector is written.
        @Test func everyCountEndsWhereItShould() {
            for count in 0..<50 {
                for executor in executors {
                    let memory = Memory()
                    let values = memory.vector([Float](repeating: 0.5, count: 64))
                    executor.activate(values[0..<count], .gelu, into: values[0..<count])
                    #expect(values.array[count...].allSatisfy { $0 == 0.5 })
                    #expect(values.array[..<count].allSatisfy { $0 < 0.4 })
                    withExtendedLifetime(memory) {}
                }
            }
        }
    }
}
