/// Scores of CMRC 2018's script (ymcui/cmrc2018, version 4): Chinese is split into characters and
/// the rest into NLTK words; F1 is that of the longest common substring.
enum ChineseAnswerScore {
    static func score(_ prediction: String, golds: [String]) -> AnswerScore {
        let found = segments(prediction)
        let plain = withoutPunctuation(prediction)
        var best = AnswerScore(exactMatch: 0, f1: 0)
        for gold in golds {
            let wanted = segments(gold)
            let common = longestCommonRun(wanted, found)
            best = AnswerScore(
                exactMatch: withoutPunctuation(gold) == plain ? 1 : best.exactMatch,
                f1: max(best.f1, harmonicMean(common, found.count, wanted.count)))
        }
        return best
    }

    /// `mixed_segmentation` with `rm_punc`.
    static func segments(_ text: String) -> [[Unicode.Scalar]] {
        var segments: [[Unicode.Scalar]] = []
        var run: [Unicode.Scalar] = []
        for scalar in withoutPunctuation(text) {
            if (0x4E00...0x9FA5).contains(scalar.value) {
                if !run.isEmpty { segments += TreebankWords.split(run) }
                run.removeAll()
                segments.append([scalar])
            } else {
                run.append(scalar)
            }
        }
        if !run.isEmpty { segments += TreebankWords.split(run) }
        return segments
    }

    /// `remove_punctuation`.
    private static func withoutPunctuation(_ text: String) -> [Unicode.Scalar] {
        PythonText.stripped(PythonText.lowercased(Array(text.unicodeScalars)))
            .filter { !punctuation.contains($0) }
    }

    /// `sp_char`. The script's "……" is two code points and so never matches one: … is kept.
    private static let punctuation: Set<Unicode.Scalar> = Set(
        "-:_*^/\\~`+=，。：？！“”；’《》·、「」（）－～『』".unicodeScalars)

    private static func longestCommonRun(_ a: [[Unicode.Scalar]], _ b: [[Unicode.Scalar]]) -> Int {
        var longest = 0
        var last = [Int](repeating: 0, count: b.count + 1)
        for x in a {
            var row = [0]
            row.reserveCapacity(b.count + 1)
            for (j, y) in b.enumerated() {
                row.append(x == y ? last[j] + 1 : 0)
                longest = max(longest, row[j + 1])
            }
            last = row
        }
        return longest
    }
}
