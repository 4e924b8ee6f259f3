import Optimization
import Tensors

/// The update rules as plain loops in double precision, written from the papers and not from the
/// kernels.
struct ReferenceOptimizer {
    let settings: OptimizerSettings
    let layout: ParameterLayout
    var first: [Double]
    var second: [Double]

    init(_ settings: OptimizerSettings, _ layout: ParameterLayout) {
        self.settings = settings
        self.layout = layout
        first = Array(repeating: 0, count: layout.count)
        second = first
    }

    /// Updates `parameters`; returns the gradients' norm after `gradientScale`, before clipping.
    mutating func step(
        _ number: Int, learningRate: Double, gradientScale: Double, _ parameters: inout [Double],
        _ gradients: [Double]
    ) -> Double {
        var squares = 0.0
        for gradient in gradients { squares += gradient * gradientScale * gradient * gradientScale }
        let norm = squares.squareRoot()
        var scale = gradientScale
        if let limit = settings.clippingNorm, norm > limit { scale *= limit / (norm + 1e-6) }
        for tensor in layout.parameters {
            let decay = tensor.decays ? settings.weightDecay : 0
            var updates: [Double] = []
            for index in tensor.range {
                let update = direction(number, index, gradients[index] * scale)
                updates.append(update + decay * parameters[index])
            }
            var ratio = 1.0
            if settings.name == .lamb && decay > 0 {
                let length = norm2(parameters[tensor.range]), change = norm2(updates[...])
                if length > 0 && change > 0 { ratio = length / change }
            }
            for (index, update) in zip(tensor.range, updates) {
                parameters[index] -= learningRate * ratio * update
            }
        }
        return norm
    }

    private mutating func direction(_ number: Int, _ index: Int, _ gradient: Double) -> Double {
        let beta1 = settings.beta1, beta2 = settings.beta2
        first[index] = beta1 * first[index] + (1 - beta1) * gradient
        second[index] = beta2 * second[index] + (1 - beta2) * gradient * gradient
        guard settings.correctsBias else {
            return first[index] / (second[index].squareRoot() + settings.epsilon)
        }
        var power1 = 1.0, power2 = 1.0
        for _ in 0..<number {
            power1 *= beta1
            power2 *= beta2
        }
        let root = (second[index] / (1 - power2)).squareRoot()
        return first[index] / (1 - power1) / (root + settings.epsilon)
    }

    private func norm2(_ values: ArraySlice<Double>) -> Double {
        var sum = 0.0
        for value in values { sum += value * value }
        return sum.squareRoot()
    }
}
