/// Scores of SQuAD's scripts: exact match, and F1 of the bags of words. Words are lowercased and
/// stripped of ASCII punctuation and English articles.
enum SQuADScore {
    /// - Parameter emptyAgainstEmpty: the F1 if neither answer has any words.
    static func score(
        _ prediction: String, golds: [String], emptyAgainstEmpty: Double
    ) -> AnswerScore {
        let found = words(prediction)
        var best = AnswerScore(exactMatch: 0, f1: 0)
        for gold in golds {
            let wanted = words(gold)
            let isExact = found == wanted
            let f1 =
                found.isEmpty || wanted.isEmpty
                ? (isExact ? emptyAgainstEmpty : 0) : overlap(found, wanted)
            best = AnswerScore(
                exactMatch: max(best.exactMatch, isExact ? 1 : 0), f1: max(best.f1, f1))
        }
        return best
    }

    /// The version 2.0 gold answers that have words; the empty answer if there are none.
    static func answerable(_ golds: [String]) -> [String] {
        let kept = golds.filter { !words($0).isEmpty }
        return kept.isEmpty ? [""] : kept
    }

    /// The words of `normalize_answer`.
    static func words(_ text: String) -> [[Unicode.Scalar]] {
        let lower = PythonText.lowercased(Array(text.unicodeScalars))
        return PythonText.split(withoutArticles(lower.filter { !isPunctuation($0) }))
    }

    /// Python's `string.punctuation`.
    private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 33...47, 58...64, 91...96, 123...126: true
        default: false
        }
    }

    /// `re.sub(r"\b(a|an|the)\b", " ", text)`. An article is a whole run of word characters, which
    /// in Python do not include combining marks.
    private static func withoutArticles(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        var index = 0
        while index < text.count {
            guard PythonText.isWord(text[index]) else {
                result.append(text[index])
                index += 1
                continue
            }
            let end = text[index...].firstIndex { !PythonText.isWord($0) } ?? text.count
            let run = text[index..<end]
            if run.elementsEqual(["a"]) || run.elementsEqual(["a", "n"])
                || run.elementsEqual(["t", "h", "e"])
            {
                result.append(" ")
            } else {
                result.append(contentsOf: run)
            }
            index = end
        }
        return result
    }

    private static func overlap(
        _ found: [[Unicode.Scalar]], _ wanted: [[Unicode.Scalar]]
    ) -> Double {
        var bag: [[Unicode.Scalar]: Int] = [:]
        for word in wanted { bag[word, default: 0] += 1 }
        var same = 0
        for word in found {
            if let left = bag[word], left > 0 {
                bag[word] = left - 1
                same += 1
            }
        }
        return harmonicMean(same, found.count, wanted.count)
    }
}

/// F1 from `same`, `found` and `wanted` counts, in the order of operations of the official scripts.
func harmonicMean(_ same: Int, _ found: Int, _ wanted: Int) -> Double {
    if same == 0 { return 0 }
    let precision = Double(same) / Double(found)
    let recall = Double(same) / Double(wanted)
    return 2 * precision * recall / (precision + recall)
}
