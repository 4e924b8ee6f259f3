import CMPI

extension Communicator {
    /// Starts to send `buffer` to `destination`. See ``Request`` for how long the buffer must live.
    ///
    /// Messages from one rank to another with the same tag arrive in the order in which they were sent.
    public func isend<Element: MPIElement>(
        _ buffer: UnsafeBufferPointer<Element>, to destination: Int, tag: Int = 0
    ) throws(MPIError) -> Request {
        var request = cmpi_request_null()
        let count = try narrow(buffer.count, "MPI_Isend")
        let code = cmpi_isend(
            buffer.baseAddress, count, Element.mpiType.handle, Int32(destination), Int32(tag),
            handle, &request)
        try check(code, "MPI_Isend")
        return Request(request, .send, Element.mpiType)
    }

    /// Starts to receive at most `buffer.count` elements; nil for `source` or `tag` means any.
    public func irecv<Element: MPIElement>(
        _ buffer: UnsafeMutableBufferPointer<Element>, from source: Int?, tag: Int? = 0
    ) throws(MPIError) -> Request {
        var request = cmpi_request_null()
        let count = try narrow(buffer.count, "MPI_Irecv")
        let code = cmpi_irecv(
            buffer.baseAddress, count, Element.mpiType.handle,
            source.map { Int32($0) } ?? cmpi_any_source(), tag.map { Int32($0) } ?? cmpi_any_tag(),
            handle, &request)
        try check(code, "MPI_Irecv")
        return Request(request, .receive, Element.mpiType)
    }

    /// Sends `buffer` and returns when it may be reused.
    public func send<Element: MPIElement>(
        _ buffer: UnsafeBufferPointer<Element>, to destination: Int, tag: Int = 0
    ) throws(MPIError) {
        var request = try isend(buffer, to: destination, tag: tag)
        try request.wait()
    }

    /// Sends the elements of an array.
    public func send<Element: MPIElement>(
        _ values: [Element], to destination: Int, tag: Int = 0
    ) throws(MPIError) {
        try values.withUnsafeBufferPointer { (buffer) throws(MPIError) in
            try send(buffer, to: destination, tag: tag)
        }
    }

    /// Receives at most `buffer.count` elements; nil for `source` or `tag` means any. A longer
    /// message is an error.
    @discardableResult
    public func receive<Element: MPIElement>(
        _ buffer: UnsafeMutableBufferPointer<Element>, from source: Int?, tag: Int? = 0
    ) throws(MPIError) -> MessageStatus {
        var request = try irecv(buffer, from: source, tag: tag)
        try request.wait()
        guard let status = request.status else {
            // Only cancel() completes a receive without a status, and this request is not shared.
            preconditionFailure("a receive completed without a status")
        }
        return status
    }

    /// Receives at most `values.count` elements into an array.
    @discardableResult
    public func receive<Element: MPIElement>(
        _ values: inout [Element], from source: Int?, tag: Int? = 0
    ) throws(MPIError) -> MessageStatus {
        try values.withUnsafeMutableBufferPointer { (buffer) throws(MPIError) in
            try receive(buffer, from: source, tag: tag)
        }
    }

    /// The message that a receive would get now, or nil if none has arrived. Does not wait; nil for
    /// `source` or `tag` means any.
    public func probe<Element: MPIElement>(
        _ type: Element.Type, from source: Int?, tag: Int? = 0
    ) throws(MPIError) -> MessageStatus? {
        var isWaiting: Int32 = 0
        var status = CMPIStatus()
        let code = cmpi_iprobe(
            source.map { Int32($0) } ?? cmpi_any_source(), tag.map { Int32($0) } ?? cmpi_any_tag(),
            handle, Element.mpiType.handle, &isWaiting, &status)
        try check(code, "MPI_Iprobe")
        return isWaiting != 0 ? MessageStatus(status) : nil
    }
}
