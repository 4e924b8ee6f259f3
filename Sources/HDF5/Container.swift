import CHDF5

extension Container where Self: ~Copyable {
    /// Creates a group; the groups above it must exist.
    public func createGroup(_ path: String) throws(HDF5Error) -> Group {
        let created = try Library.call("H5Gcreate2", .inputOutput, on: id, "creating group \(path)")
        {
            H5Gcreate2(id, path, chdf5_default(), chdf5_default(), chdf5_default())
        }
        return Group(Handle(created, .group))
    }

    /// Opens a group.
    public func group(_ path: String) throws(HDF5Error) -> Group {
        try requireHardLinks(path)
        let opened = try Library.call("H5Gopen2", .badData, on: id, "opening group \(path)") {
            H5Gopen2(id, path, chdf5_default())
        }
        return Group(Handle(opened, .group))
    }

    /// Opens a dataset.
    public func dataset(_ path: String) throws(HDF5Error) -> Dataset {
        try requireHardLinks(path)
        let opened = try Library.call("H5Dopen2", .badData, on: id, "opening dataset \(path)") {
            H5Dopen2(id, path, chdf5_default())
        }
        let dataset = Dataset(Handle(opened, .dataset))
        try dataset.requirePlainStorage()
        return dataset
    }

    /// Whether the path leads to an object inside this file.
    public func contains(_ path: String) throws(HDF5Error) -> Bool {
        try firstFault(on: path) == nil
    }

    /// The names of everything in this group, in increasing byte order.
    /// - Parameter maximumCount: more than that many is an error.
    public func names(maximumCount: Int = 1_000_000) throws(HDF5Error) -> [String] {
        var info = H5G_info_t()
        try Library.call("H5Gget_info", .badData, on: id, "listing") { H5Gget_info(id, &info) }
        guard info.nlinks <= UInt64(clamping: maximumCount) else {
            throw HDF5Error(
                .badData,
                "\(Library.place(id)): \(info.nlinks) objects, more than \(maximumCount)")
        }
        var names: [String] = []
        for index in 0..<info.nlinks { names.append(try linkName(index)) }
        return names
    }

    private func linkName(_ index: UInt64) throws(HDF5Error) -> String {
        let id = id
        let get = { (buffer: UnsafeMutablePointer<CChar>?, size: Int) in
            H5Lget_name_by_idx(
                id, ".", H5_INDEX_NAME, H5_ITER_INC, index, buffer, size, chdf5_default())
        }
        let length = try Library.call("H5Lget_name_by_idx", .badData, on: id, "listing") {
            get(nil, 0)
        }
        var name = [CChar](repeating: 0, count: length + 1)
        try Library.call("H5Lget_name_by_idx", .badData, on: id, "listing") {
            name.withUnsafeMutableBufferPointer { get($0.baseAddress, length + 1) }
        }
        return String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Throws unless every step of the path is a hard link, because a soft or external link of a
    /// hostile file could name any other file of this machine.
    private func requireHardLinks(_ path: String) throws(HDF5Error) {
        guard let fault = try firstFault(on: path) else { return }
        throw HDF5Error(.badData, "\(Library.place(id)): \(fault)")
    }

    private func firstFault(on path: String) throws(HDF5Error) -> String? {
        var prefix = path.hasPrefix("/") ? "/" : ""
        for step in path.split(separator: "/") {
            prefix += step
            let exists = try Library.call("H5Lexists", .badData, on: id, "looking for \(path)") {
                H5Lexists(id, prefix, chdf5_default())
            }
            guard exists > 0 else { return "no object \(path) (there is no \(prefix))" }
            let isHard = try Library.call(
                "H5Lget_info", .badData, on: id, "looking for \(path)"
            ) { chdf5_is_hard_link(id, prefix) }
            guard isHard > 0 else {
                return "\(prefix) is a soft or external link; only plain objects are read"
            }
            prefix += "/"
        }
        return nil
    }
}
