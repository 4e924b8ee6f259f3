/// Generates the input of a case from a valid one.
struct InputMutator {
    private let seeds: [FuzzInput]
    private let scratch: String

    init(_ seeds: [FuzzInput], scratch: String) {
        self.seeds = seeds
        self.scratch = scratch
    }

    /// Generates the input of a case: the first cases are the unmodified valid inputs.
    func input(
        _ number: Int, _ reader: any FuzzReader, _ random: inout FuzzRandom
    ) throws -> FuzzInput {
        if number < seeds.count { return seeds[number] }
        guard var input = random.pickAny(of: seeds) else {
            throw FuzzFault("there is no good input")
        }
        for _ in 0..<(random.once(in: 4) ? 2 : 1) {
            let file = chooseFile(input, &random)
            let mutations = random.once(in: 2) ? 1 : random.length(upTo: 8)
            try mutate(&input.files[file], mutations, &random)
        }
        reader.complete(&input, &random)
        return input
    }

    private func chooseFile(_ input: FuzzInput, _ random: inout FuzzRandom) -> Int {
        var place = random.below(input.files.reduce(0) { $0 + $1.weight })
        for (index, file) in input.files.enumerated() {
            place -= file.weight
            if place < 0 { return index }
        }
        return 0
    }

    /// Returns the bytes of all files of that name among the valid inputs.
    private func others(_ name: String) -> [[UInt8]] {
        seeds.flatMap { $0.files.filter { $0.name == name }.map(\.bytes) }
    }

    private func mutate(
        _ file: inout FuzzInput.File, _ mutations: Int, _ random: inout FuzzRandom
    ) throws {
        let others = others(file.name)
        let bytes = ByteMutation(others: others)
        switch file.kind {
        case .bytes: for _ in 0..<mutations { bytes.apply(&file.bytes, &random) }
        case .text:
            let texts = TextMutation(others)
            for _ in 0..<mutations {
                if random.once(in: 5) {
                    bytes.apply(&file.bytes, &random)
                } else {
                    texts.apply(&file.bytes, &random)
                }
            }
        case .safetensors: mutateSafetensors(&file.bytes, mutations, bytes, &random)
        case .hdf5(let sketch):
            if !random.once(in: 3) {
                file.bytes = try written(mutated(sketch, mutations, &random))
                if !random.once(in: 8) { return }
            }
            for _ in 0..<mutations { bytes.apply(&file.bytes, &random) }
        }
        if file.bytes.count > ByteMutation.maximumBytes {
            file.bytes.removeLast(file.bytes.count - ByteMutation.maximumBytes)
        }
    }

    private func mutated(
        _ sketch: HDF5Sketch, _ mutations: Int, _ random: inout FuzzRandom
    ) -> HDF5Sketch {
        let texts = sketch.nodes.compactMap { node -> [UInt8]? in
            if case .text(let text) = node.values { Array(text.utf8) } else { nil }
        }
        let mutation = HDF5SketchMutation(texts: TextMutation(texts))
        var sketch = sketch
        for _ in 0..<mutations { mutation.apply(&sketch, &random) }
        return sketch
    }

    private func written(_ sketch: HDF5Sketch) throws -> [UInt8] {
        let path = scratch + "/sketch.h5"
        try sketch.write(path)
        return try ScratchFiles.read(path)
    }

    /// The header after its length, which mostly matches.
    private func mutateSafetensors(
        _ bytes: inout [UInt8], _ mutations: Int, _ plain: ByteMutation, _ random: inout FuzzRandom
    ) {
        let length = bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard bytes.count >= 8, length <= UInt64(bytes.count - 8), !random.once(in: 4) else {
            for _ in 0..<mutations { plain.apply(&bytes, &random) }
            return
        }
        var header = Array(bytes[8..<8 + Int(length)])
        let rest = bytes[(8 + Int(length))...]
        let texts = TextMutation([header])
        for _ in 0..<mutations { texts.apply(&header, &random) }
        bytes = HostileValues.bytes(UInt64(header.count), width: 8) + header + rest
    }
}
