import CHDF5

extension AttributeOwner where Self: ~Copyable {
    /// Whether an attribute of that name exists.
    public func hasAttribute(_ name: String) throws(HDF5Error) -> Bool {
        try Library.call("H5Aexists", .badData, on: id, "looking for attribute \(name)") {
            H5Aexists(id, name)
        } > 0
    }

    /// Stores one number.
    public func setAttribute<T: HDF5Element>(_ name: String, _ value: T) throws(HDF5Error) {
        try write(name, [value], shape: [])
    }

    /// Stores a row of numbers (at most 64 KiB).
    public func setAttribute<T: HDF5Element>(_ name: String, _ values: [T]) throws(HDF5Error) {
        try write(name, values, shape: [values.count])
    }

    /// Reads one number.
    public func attribute<T: HDF5Element>(
        _ name: String, as type: T.Type = T.self
    ) throws(HDF5Error) -> T {
        let values = try attributeArray(name, as: T.self, maximumCount: 1)
        guard let value = values.first else {
            throw HDF5Error(.badData, "\(Library.place(id)): attribute \(name) is empty")
        }
        return value
    }

    /// Reads all numbers of an attribute.
    public func attributeArray<T: HDF5Element>(
        _ name: String, as type: T.Type = T.self, maximumCount: Int = 8192
    ) throws(HDF5Error) -> [T] {
        let attribute = try openAttribute(name)
        let space = try attributeSpace(attribute, name)
        let shape = try Dataspace.shape(of: space, in: id)
        let count = Dataspace.count(shape) ?? Int.max
        let isNumber = try withType(of: attribute, name) { type in
            let kind = H5Tget_class(type)
            return kind == H5T_INTEGER || kind == H5T_FLOAT
        }
        guard isNumber, count <= maximumCount else {
            throw HDF5Error(
                .badData,
                "\(Library.place(id)): attribute \(name) is not at most \(maximumCount) numbers")
        }
        var values = [T](repeating: .zero, count: count)
        try Library.call("H5Aread", .badData, on: id, "reading attribute \(name)") {
            values.withUnsafeMutableBytes {
                H5Aread(attribute.id, T.elementType.native, $0.baseAddress)
            }
        }
        return values
    }

    private func write<T: HDF5Element>(
        _ name: String, _ values: [T], shape: [Int]
    ) throws(HDF5Error) {
        let space = try Dataspace.create(shape)
        let attribute = try createAttribute(name, type: T.elementType.stored, space: space)
        try Library.call("H5Awrite", .inputOutput, on: id, "writing attribute \(name)") {
            values.withUnsafeBytes {
                H5Awrite(attribute.id, T.elementType.native, $0.baseAddress)
            }
        }
        try attribute.close()
    }

    func createAttribute(
        _ name: String, type: hid_t, space: borrowing Handle
    ) throws(HDF5Error) -> Handle {
        let space = space.id
        let created = try Library.call(
            "H5Acreate2", .inputOutput, on: id, "creating attribute \(name)"
        ) { H5Acreate2(id, name, type, space, chdf5_default(), chdf5_default()) }
        return Handle(created, .attribute)
    }

    func openAttribute(_ name: String) throws(HDF5Error) -> Handle {
        guard try hasAttribute(name) else {
            throw HDF5Error(.badData, "\(Library.place(id)): no attribute \(name)")
        }
        let opened = try Library.call("H5Aopen", .badData, on: id, "opening attribute \(name)") {
            H5Aopen(id, name, chdf5_default())
        }
        return Handle(opened, .attribute)
    }

    func attributeSpace(
        _ attribute: borrowing Handle, _ name: String
    ) throws(HDF5Error) -> Handle {
        let raw = attribute.id
        let space = try Library.call("H5Aget_space", .badData, on: id, "attribute \(name)") {
            H5Aget_space(raw)
        }
        return Handle(space, .dataspace)
    }

    func withType<R: Sendable>(
        of attribute: borrowing Handle, _ name: String, _ body: (hid_t) -> R
    ) throws(HDF5Error) -> R {
        let raw = attribute.id
        let type = try Library.call("H5Aget_type", .badData, on: id, "attribute \(name)") {
            H5Aget_type(raw)
        }
        let owned = Handle(type, .datatype)
        return Library.locked { body(owned.id) }
    }
}
