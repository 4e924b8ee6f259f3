import CHDF5

extension Dataset {
    /// Where the elements begin in the file, if they lie there in one unfiltered piece and exactly
    /// as this machine holds a `T`, so that the file can be mapped into memory; otherwise nil.
    ///
    /// The number is the file's own word: the caller checks it against the file's size.
    public func mappableOffset<T: HDF5Element>(of type: T.Type) throws(HDF5Error) -> Int? {
        let stored = try datatype()
        let id = id
        let (isNative, offset) = Library.locked {
            (H5Tequal(stored.id, T.elementType.native) > 0, H5Dget_offset(id))
        }
        // HADDR_UNDEF, the answer for chunked and unallocated data, is the largest haddr_t.
        return isNative && offset != haddr_t.max ? Int(exactly: offset) : nil
    }
}
