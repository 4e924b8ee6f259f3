import Distributed
import MPI

extension Agreement {
    /// Runs `body` on this rank; if it fails on any, all throw the failure of the lowest one, with
    /// the exit status of its error.
    func jointly<Result>(_ body: () throws -> Result) throws -> Result {
        try together(body)
    }
}

extension Communicator {
    /// The text that `find` returns on rank 0, on all ranks; where it fails, all throw. Collective.
    func told(_ find: () throws -> String) throws -> String {
        let own = try Agreement(among: self).jointly { rank == 0 ? try find() : "" }
        return String(decoding: try broadcast(bytes: Array(own.utf8)), as: UTF8.self)
    }
}
