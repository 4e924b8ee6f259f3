public import MPI

extension Communicator {
    /// The text that `find` returns on rank 0, on all ranks. Collective.
    ///
    /// - Throws: `Agreement.Failure` on all ranks where `find` throws; `MPIError`.
    public func broadcastFromRoot(_ find: () throws -> String) throws -> String {
        let own = try Agreement(among: self).throwingTogether { rank == 0 ? try find() : "" }
        return String(decoding: try broadcast(bytes: Array(own.utf8)), as: UTF8.self)
    }
}
