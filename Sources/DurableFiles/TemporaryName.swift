import Glibc

/// Names of unfinished files.
enum TemporaryName {
    /// "HOST-PID-RANDOM", from which others can tell later whether the writer may be alive.
    static func suffix() -> String {
        let random = String(UInt64.random(in: .min ... .max), radix: 36)
        return "\(writer)-\(getpid())-\(random)"
    }

    /// Scope of process numbers: this machine and its process namespace, because containers of one
    /// machine may share its name.
    static let writer: String = {
        let digits = processNamespace.filter { $0.isASCII && $0.isNumber }
        return "\(host())+\(digits)"
    }()

    /// Process namespace of this process, "pid:[4026531836]"; "" if the system does not report it.
    static let processNamespace = (try? Paths.linkTarget(of: "/proc/self/ns/pid")) ?? ""

    /// Name of this machine, without characters that are special in the suffix or in paths.
    static func host() -> String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, 255) == 0 else { return "unknown" }
        let text = String(
            decoding: name.map(UInt8.init(bitPattern:)).prefix { $0 != 0 }, as: UTF8.self)
        return text.isEmpty ? "unknown" : String(text.map { $0 == "/" || $0 == "-" ? "_" : $0 })
    }
}
