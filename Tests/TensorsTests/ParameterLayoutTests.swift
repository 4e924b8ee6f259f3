import Tensors
import Testing

@Suite struct ParameterLayoutTests {
    private let layout = ParameterLayout([
        (name: "word.weight", shape: [7, 3], decays: true),
        (name: "norm.bias", shape: [3], decays: false),
        (name: "scalar", shape: [], decays: false),
        (name: "dense.weight", shape: [2, 3, 4], decays: true),
    ])

    @Test func parametersFollowEachOtherWithoutGaps() {
        #expect(layout.count == 21 + 3 + 1 + 24)
        #expect(layout.parameters.map(\.range) == [0..<21, 21..<24, 24..<25, 25..<49])
        #expect(layout.parameters.map(\.count) == [21, 3, 1, 24])
        #expect(layout.parameters.map(\.decays) == [true, false, false, true])
    }

    @Test func parametersAreFoundByName() {
        #expect(layout["norm.bias"] == layout.parameters[1])
        #expect(layout["dense.weight"]?.shape == [2, 3, 4])
        #expect(layout["dense"] == nil)
    }

    @Test func anEmptyLayoutIsAllowed() {
        #expect(ParameterLayout([]).count == 0)
    }

    @Test func contradictionsStop() async {
        await #expect(processExitsWith: .failure) {
            _ = ParameterLayout([
                (name: "a", shape: [1], decays: true), (name: "a", shape: [2], decays: true),
            ])
        }
        await #expect(processExitsWith: .failure) {
            _ = ParameterLayout([(name: "a", shape: [2, 0], decays: true)])
        }
    }
}
