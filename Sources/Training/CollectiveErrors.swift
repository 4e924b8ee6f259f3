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
    ///
    /// - Parameter work: the work of `find` where it may take long: see `Watchdog.working(on:_:)`.
    func told(on work: StaticString? = nil, _ find: () throws -> String) throws -> String {
        let own = try Agreement(among: self).jointly {
            guard rank == 0 else { return "" }
            guard let work else { return try find() }
            return try Watchdog.working(on: work, find)
        }
        return String(decoding: try broadcast(bytes: Array(own.utf8)), as: UTF8.self)
    }
}
