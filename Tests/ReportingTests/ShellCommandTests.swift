import ExitCoding
import Reporting
import Testing

@Suite struct ShellCommandTests {
    @Test(arguments: [
        (["bert", "checkpoint", "a/b.c"], "bert checkpoint a/b.c"),
        (["x", "batch.micro=8", "a:b,c+d@e%f_g"], "x batch.micro=8 a:b,c+d@e%f_g"),
        (["x", "data.train=[a, b]"], "x 'data.train=[a, b]'"),
        (
            ["x", "a b", "", "it's", "$HOME", "*", "~", "é"],
            #"x 'a b' '' 'it'\''s' '$HOME' '*' '~' 'é'"#
        ),
        (["=x"], "'=x'"),
        // The bytes E9 and FF, which are no UTF-8.
        (
            ["--run", "a\u{10F7E9} 'b'%\\\u{10F7FF}"],
            #"--run "$(printf -- 'a\351 \047b\047\045\134\377')""#
        ),
    ])
    func wordsThatAShellWouldChangeAreQuoted(words: [String], text: String) {
        #expect("\(ShellCommand(words))" == text)
    }

    @Test func numbersHaveTheRightForm() {
        #expect(counted(0, "rank") == "0 ranks")
        #expect(counted(1, "rank") == "1 rank")
        #expect(counted(2, "batch", "batches") == "2 batches")
        #expect(counted(1, "batch", "batches") == "1 batch")
    }
}
