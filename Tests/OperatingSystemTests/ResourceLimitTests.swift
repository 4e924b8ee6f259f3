import ExitCoding
import Glibc
import OperatingSystem
import Testing

/// Limits of real processes. Each test changes them in a process of its own.
struct ResourceLimitTests {
    @Test("no limit leaves no number")
    func unlimited() async {
        await #expect(processExitsWith: .success) {
            precondition(ResourceLimit.processorTime.value == nil)
            precondition(ResourceLimit.stack.bytesLeft == nil)
        }
    }

    @Test("the remainder of a memory limit excludes what the process already has")
    func bytesLeft() async {
        await #expect(processExitsWith: .success) {
            var limits = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limits)
            limits.rlim_cur = 64 << 30
            setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limits)
            let before = ResourceLimit.addressSpace.bytesLeft ?? 0
            let taken = 1 << 30
            mmap(nil, taken, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            let after = ResourceLimit.addressSpace.bytesLeft ?? 0
            precondition(before < 64 << 30)
            precondition(before - after >= taken)
            precondition(ResourceLimit.tightestOfMemory?.limit == .addressSpace)
        }
    }

    @Test("a process without memory ends with the limit's status")
    func shortage() async {
        await #expect(processExitsWith: .exitCode(ExitStatus.configuration)) {
            var limits = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limits)
            limits.rlim_cur = 64 << 30
            setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limits)
            Shortage.ofMemory(bytes: 128 << 30)
        }
        await #expect(processExitsWith: .exitCode(ExitStatus.system)) {
            Shortage.ofMemory(bytes: 1 << 20)
        }
    }

    @Test("writing past the limit of file sizes is an error, not the end")
    func fileSize() async {
        await #expect(processExitsWith: .success) {
            ProcessStart.prepare(program: "test")
            var limits = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limits)
            limits.rlim_cur = 100
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limits)
            guard let file = tmpfile() else { exit(1) }
            let bytes = [UInt8](repeating: 0, count: 100)
            precondition(write(fileno(file), bytes, 100) == 100)
            precondition(write(fileno(file), bytes, 1) == -1 && errno == EFBIG)
        }
    }

    @Test("the hard limit of processor time is announced by a signal")
    func processorTime() async {
        await #expect(processExitsWith: .success) {
            var limits = rlimit(rlim_cur: 5000, rlim_max: 5000)
            setrlimit(__rlimit_resource_t(RLIMIT_CPU.rawValue), &limits)
            ResourceLimit.processorTime.warn(early: 300)
            getrlimit(__rlimit_resource_t(RLIMIT_CPU.rawValue), &limits)
            precondition(limits.rlim_cur == 4700 && limits.rlim_max == 5000)
            ResourceLimit.processorTime.warn(early: 3000)
            precondition(ResourceLimit.processorTime.value == 4000)
        }
    }
}
