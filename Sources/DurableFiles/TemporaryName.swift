import Glibc

/// Names for files that are not finished yet.
enum TemporaryName {
    /// "HOST-PID-RANDOM": shows later whether the writer can still be alive.
    static func suffix() -> String {
        let random = String(UInt64.random(in: .min ... .max), radix: 36)
        return "\(writer)-\(getpid())-\(random)"
    }

    /// The scope of process numbers: this machine and its namespace of processes, because
    /// containers of one machine may share its name.
    static let writer: String = {
        let digits = processNamespace.filter { $0.isASCII && $0.isNumber }
        return "\(host())+\(digits)"
    }()

    /// This process's namespace of processes, "pid:[4026531836]"; "" where the system does not say.
    static let processNamespace = (try? Paths.linkTarget(of: "/proc/self/ns/pid")) ?? ""

    /// This machine's name, without characters that have a meaning in the suffix or in paths.
    static func host() -> String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, 255) == 0 else { return "unknown" }
        let text = String(
            decoding: name.map(UInt8.init(bitPattern:)).prefix { $0 != 0 }, as: UTF8.self)
        return text.isEmpty ? "unknown" : String(text.map { $0 == "/" || $0 == "-" ? "_" : $0 })
    }
}
