import BERT

/// Splits a step's time into phases, using what the backward pass already reports.
final class PhaseClock {
    /// Phase that ends when the heads' gradients are ready.
    static let forward = "forward, and heads forward and backward"

    private let clock = ContinuousClock()
    private var last = ContinuousClock().now
    /// Phases in the order in which they first ended.
    private(set) var phases: [(name: String, seconds: Double)] = []

    /// Starts a phase now.
    func start() { last = clock.now }

    /// Adds the time since the last phase ended to phase `name`.
    func end(_ name: String) {
        let now = clock.now
        let (whole, attoseconds) = last.duration(to: now).components
        let seconds = Double(whole) + Double(attoseconds) * 1e-18
        last = now
        if let index = phases.firstIndex(where: { $0.name == name }) {
            phases[index].seconds += seconds
        } else {
            phases.append((name, seconds))
        }
    }

    /// Seconds of phase `name` so far.
    func seconds(of name: String) -> Double {
        phases.first { $0.name == name }?.seconds ?? 0
    }

    /// Distinguishes the phases of one backward pass of `layers` layers: `ready` is called after
    /// the heads, after each layer and after the embeddings, and `progress` within and after a
    /// layer.
    func observer(layers: Int) -> GradientObserver {
        var ready = 0
        var progress = 0
        let parts = [
            "backward: feed-forward", "backward: attention output", "backward: attention",
        ]
        return GradientObserver(
            ready: { [self] _ in
                switch ready {
                case 0: end(Self.forward)
                case layers + 1: end("backward: embeddings")
                default: end("backward: query, key, value")
                }
                ready += 1
                progress = 0
            },
            progress: { [self] in
                // The call that follows `ready` adds no information.
                if progress > 0 { end(parts[(progress - 1) % parts.count]) }
                progress += 1
            })
    }
}
