import MPI
import Testing

/// Checks before `MPI_Init`.
struct StartTests {
    @Test("a library is known by what it calls itself")
    func libraries() {
        let expected: [(String, MPILibrary?)] = [
            ("Open MPI v4.1.4, package: Debian OpenMPI", .openMPI),
            ("MPICH Version:\t4.0.2\nMPICH Release date:", .mpich),
            ("Intel(R) MPI Library 2021.9 for Linux* OS", .mpich),
            ("MVAPICH2 Version      :\t2.3.7", .mpich),
            ("CRAY MPICH version 8.1.9.30", .mpich), ("", nil), ("Another MPI", nil),
        ]
        for (version, library) in expected {
            #expect(MPILibrary(version: version) == library, "\(version)")
        }
    }

    @Test("a library with other handles than the header's is refused, unknown ones are not")
    func mismatch() throws {
        let openMPI = "Open MPI v4.1.4, package: Debian OpenMPI"
        let error = #expect(throws: MPIStartError.self) {
            try MPILibrary.check(header: .mpich, version: openMPI)
        }
        let text = "\(try #require(error))"
        #expect(text.contains("compiled for MPICH"), "\(text)")
        #expect(text.contains("Open MPI v4.1.4:"), "\(text)")
        #expect(throws: MPIStartError.self) {
            try MPILibrary.check(header: .openMPI, version: "MPICH Version:\t4.0.2\nRelease")
        }
        try MPILibrary.check(header: .openMPI, version: openMPI)
        try MPILibrary.check(header: .mpich, version: "MPICH Version:\t4.0.2")
        try MPILibrary.check(header: .mpich, version: "Another MPI")
        try MPILibrary.check(header: nil, version: openMPI)
    }

    @Test("SLURM's lists of tasks a node")
    func tasks() {
        let expected: [(String, Int, Int?)] = [
            ("8", 0, 8), ("2(x3),1", 0, 2), ("2(x3),1", 2, 2), ("2(x3),1", 3, 1),
            ("2(x3),1", 4, nil), ("4,5(x2)", 2, 5), ("", 0, nil), ("many", 0, nil),
        ]
        for (list, node, tasks) in expected {
            #expect(SharedMemory.tasks(list, node: node) == tasks, "\(list), node \(node)")
        }
    }

    @Test("one rank of a host reports that its shared memory is too small")
    func sharedMemory() throws {
        func warning(
            _ variables: [String: String], free: Int, transports: String? = nil
        ) -> String? {
            SharedMemory { variables[$0] }?.warning(free: free, transports: transports)
        }
        let sixteen = ["MPI_LOCALNRANKS": "16", "MPI_LOCALRANKID": "0"]
        let text = try #require(warning(sixteen, free: 64 << 20))
        #expect(text.contains("64 MB free") && text.contains("UCX_TLS=^posix"), "\(text)")
        #expect(warning(sixteen, free: 128 << 20) == nil)
        #expect(warning(["MPI_LOCALNRANKS": "16", "MPI_LOCALRANKID": "1"], free: 0) == nil)
        #expect(warning(["MPI_LOCALNRANKS": "1"], free: 0) == nil)
        #expect(warning([:], free: 0) == nil)
        let open = ["OMPI_COMM_WORLD_LOCAL_SIZE": "16", "OMPI_COMM_WORLD_LOCAL_RANK": "0"]
        #expect(warning(open, free: 64 << 20) != nil)
        let slurm = ["SLURM_STEP_TASKS_PER_NODE": "2,16", "SLURM_NODEID": "1"]
        #expect(warning(slurm, free: 64 << 20) != nil)
        for transports in ["self,sysv,cma", "^posix", "^sm", "tcp,self"] {
            #expect(warning(sixteen, free: 0, transports: transports) == nil, "\(transports)")
        }
        for transports in ["", "all", "sm,self", "posix", "^tcp"] {
            #expect(warning(sixteen, free: 0, transports: transports) != nil, "\(transports)")
        }
    }
}
