import OperatingSystem
import Testing

struct ArgumentEncodingTests {
    @Test("the first argument that is not UTF-8 is named")
    func wrongBytes() {
        let plain = ["bert", "tokenize", "Größe.txt", "文件", ""].map { Array($0.utf8) }
        #expect(ArgumentEncoding.problem(in: plain) == nil)
        let latin = Array("Gr".utf8) + [0xF6, 0xDF] + Array("e.txt".utf8)
        for bytes in [latin, [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0xAF]] {
            let problem = ArgumentEncoding.problem(in: plain + [bytes])
            #expect(problem?.hasPrefix("argument 5 is not UTF-8: ") == true)
        }
    }

    @Test("the arguments of this process are fine")
    func ownArguments() { #expect(ArgumentEncoding.problem == nil) }
}
