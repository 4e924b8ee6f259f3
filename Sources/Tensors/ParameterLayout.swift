/// One named parameter tensor and its place in the flat block that holds all of a model.
public struct Parameter: Sendable, Equatable {
    /// The name that Hugging Face's `BertForPreTraining` gives it.
    public let name: String
    /// Row-major extents, outermost first.
    public let shape: [Int]
    /// The elements of the flat block that hold it.
    public let range: Range<Int>
    /// Whether weight decay (and LAMB's trust ratio) applies: not for biases and LayerNorm.
    public let decays: Bool

    /// The number of elements.
    public var count: Int { range.count }
}

/// The place of every parameter of a model in one flat block of floats.
///
/// Gradients and optimizer moments use blocks of the same layout, so that the optimizer, the
/// all-reduce and checkpoints work on flat ranges and need to know nothing of the model.
public struct ParameterLayout: Sendable, Equatable {
    /// All parameters, in the order of the block, without gaps.
    public let parameters: [Parameter]
    /// The number of elements in the block.
    public let count: Int
    private let indices: [String: Int]

    /// A layout of `entries` in their order.
    ///
    /// - Precondition: names are unique; extents are positive.
    public init(_ entries: [(name: String, shape: [Int], decays: Bool)]) {
        var parameters: [Parameter] = []
        var indices: [String: Int] = [:]
        var start = 0
        for entry in entries {
            precondition(entry.shape.allSatisfy { $0 > 0 }, "extent not positive")
            let end = start + entry.shape.reduce(1, *)
            let old = indices.updateValue(parameters.count, forKey: entry.name)
            precondition(old == nil, "parameter named twice")
            parameters.append(
                Parameter(
                    name: entry.name, shape: entry.shape, range: start..<end,
                    decays: entry.decays))
            start = end
        }
        self.parameters = parameters
        self.indices = indices
        count = start
    }

    /// The parameter called `name`, if there is one.
    public subscript(name: String) -> Parameter? {
        indices[name].map { parameters[$0] }
    }
}
