import Randomness
public import Tensors

extension ParameterLayout {
    /// Fills `block` with the initial values of Google's BERT: weights from a normal distribution
    /// with standard deviation `range`, truncated at two deviations; biases 0; layer normalization
    /// 1 and 0. Each value is a function of the seed and its position alone.
    public func initialize(_ block: Block<Float>, seed: UInt64, range: Double) {
        precondition(block.count == count, "block of another layout")
        for (index, parameter) in parameters.enumerated() {
            let values = block[parameter.range]
            if parameter.name.hasSuffix("LayerNorm.weight") {
                values.fill(1)
            } else if parameter.name.hasSuffix("bias") {
                values.fill(0)
            } else {
                var numbers = AddressedGenerator(
                    RandomAddress(seed: seed, purpose: .initialization, sample: index))
                for place in 0..<values.count {
                    values[place] = Float(range * numbers.truncatedNormal())
                }
            }
        }
    }
}
