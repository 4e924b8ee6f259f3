public import MPI

extension Communicator {
    /// Broadcasts the text that `find` returns on rank 0. Collective.
    ///
    /// - Parameter work: name of the work of `find` if it may take long: see
    ///   `Watchdog.working(on:_:)`.
    /// - Throws: `Agreement.Failure` on all ranks if `find` throws; `MPIError`.
    public func broadcastFromRoot(
        on work: StaticString? = nil, _ find: () throws -> String
    ) throws -> String {
        let own = try Agreement(among: self).throwingTogether {
            guard rank == 0 else { return "" }
            guard let work else { return try find() }
            return try Watchdog.working(on: work, find)
        }
        return String(decoding: try broadcast(bytes: Array(own.utf8)), as: UTF8.self)
    }
}
