/// Contents of `Fixtures/nvidia.hdf5`, as printed by `Fixtures/make_nvidia.py`.
enum FixtureFacts {
    static let lengths: [Int] = [16, 15, 14, 10, 15, 8, 11, 15, 11]
    static let tokenSums: [Int] = [1181, 627, 656, 371, 727, 117, 510, 1008, 725]
    static let firstSegments: [Int] = [7, 11, 12, 4, 4, 5, 6, 8, 7]
    static let next: [Int] = [1, 0, 0, 0, 1, 0, 0, 1, 0]
    static let positions: [[Int]] = [
        [1, 3, 14], [2, 5, 7, 12], [2, 3, 7], [5, 8], [1, 11, 12], [2, 3, 5, 6], [7, 8],
        [4, 8, 13], [9],
    ]
    static let labels: [[Int]] = [
        [23, 28, 143], [156, 26, 98, 187], [59, 37, 59], [164, 180], [196, 56, 195],
        [77, 45, 106, 183], [57, 110], [107, 175, 109], [108],
    ]
}
