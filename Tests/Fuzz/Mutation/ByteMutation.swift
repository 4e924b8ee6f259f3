/// Mutations that ignore the meaning of the bytes.
struct ByteMutation {
    /// Other inputs of the same reader, for splices.
    let others: [[UInt8]]
    /// Maximum size of a mutated file in bytes.
    static let maximumBytes = 1 << 21

    func apply(_ bytes: inout [UInt8], _ random: inout FuzzRandom) {
        guard !bytes.isEmpty else {
            bytes = random.pick(HostileValues.texts)
            return
        }
        let place = random.below(bytes.count)
        switch random.below(10) {
        case 0: bytes[place] ^= 1 << UInt8(random.below(8))
        case 1: bytes[place] = random.byte()
        case 2: overwrite(&bytes, place, &random)
        case 3: bytes.removeSubrange(random.range(in: bytes.count, upTo: 4096))
        case 4: duplicate(&bytes, &random)
        case 5: bytes.removeLast(bytes.count - place)
        case 6: splice(&bytes, &random)
        case 7: bytes.insert(contentsOf: random.pick(HostileValues.texts), at: place)
        case 8: fill(&bytes, &random)
        default: swap(&bytes, &random)
        }
    }

    /// Writes an extreme whole number of 1, 2, 4 or 8 bytes.
    private func overwrite(_ bytes: inout [UInt8], _ place: Int, _ random: inout FuzzRandom) {
        let width = 1 << random.below(4)
        let value = random.pick(HostileValues.words64)
        let end = min(place + width, bytes.count)
        bytes.replaceSubrange(
            place..<end, with: HostileValues.bytes(value, width: width).prefix(end - place))
    }

    private func duplicate(_ bytes: inout [UInt8], _ random: inout FuzzRandom) {
        let part = bytes[random.range(in: bytes.count, upTo: 4096)]
        let copies = random.once(in: 50) ? 500 : 1
        guard bytes.count + part.count * copies <= Self.maximumBytes else { return }
        let place = random.below(bytes.count + 1)
        for _ in 0..<copies { bytes.insert(contentsOf: part, at: place) }
    }

    private func splice(_ bytes: inout [UInt8], _ random: inout FuzzRandom) {
        guard let other = random.pickAny(of: others), !other.isEmpty else { return }
        let part = other[random.range(in: other.count)]
        bytes.replaceSubrange(random.range(in: bytes.count), with: part)
    }

    private func fill(_ bytes: inout [UInt8], _ random: inout FuzzRandom) {
        let range = random.range(in: bytes.count, upTo: 256)
        let byte: UInt8 = random.once(in: 2) ? 0 : 0xFF
        bytes.replaceSubrange(range, with: repeatElement(byte, count: range.count))
    }

    private func swap(_ bytes: inout [UInt8], _ random: inout FuzzRandom) {
        let range = random.range(in: bytes.count, upTo: 64)
        let place = random.below(bytes.count - range.count + 1)
        let part = Array(bytes[range])
        bytes.removeSubrange(range)
        bytes.insert(contentsOf: part, at: place)
    }
}
