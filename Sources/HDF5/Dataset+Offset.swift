import CHDF5

extension Dataset {
    /// Offset of the elements in the file, if they are contiguous, unfiltered and in this machine's
    /// format of `T`, so that the file can be mapped into memory; otherwise nil.
    ///
    /// The offset is untrusted: the caller checks it against the file's size.
    public func mappableOffset<T: HDF5Element>(of type: T.Type) throws(HDF5Error) -> Int? {
        let stored = try datatype()
        let id = id
        let (isNative, offset) = Library.locked {
            (H5Tequal(stored.id, T.elementType.native) > 0, H5Dget_offset(id))
        }
        // HADDR_UNDEF, returned for chunked and unallocated data, is the largest haddr_t.
        return isNative && offset != haddr_t.max ? Int(exactly: offset) : nil
    }
}
