/// Named parameter tensor and its location in the flat block that holds the whole model.
public struct Parameter: Sendable, Equatable {
    /// Name in Hugging Face's `BertForPreTraining`.
    public let name: String
    /// Row-major extents, outermost first.
    public let shape: [Int]
    /// Range of its elements in the flat block.
    public let range: Range<Int>
    /// Whether weight decay (and LAMB's trust ratio) applies: not to biases and LayerNorm.
    public let decays: Bool

    /// Number of elements.
    public var count: Int { range.count }
}

/// Location of every parameter of a model in one flat block of floats.
///
/// Gradients and optimizer moments use blocks of the same layout, so that the optimizer, the
/// all-reduce and checkpoints work on flat ranges and need no knowledge of the model.
public struct ParameterLayout: Sendable, Equatable {
    /// All parameters, in the order of the block, without gaps.
    public let parameters: [Parameter]
    /// Number of elements in the block.
    public let count: Int
    private let indices: [String: Int]

    /// Creates a layout of `entries`, in order.
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

    /// Returns the parameter called `name`, if there is one.
    public subscript(name: String) -> Parameter? {
        indices[name].map { parameters[$0] }
    }
}
