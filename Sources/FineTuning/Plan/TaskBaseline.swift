/// Baseline scores, which a model must beat.
extension TaskData {
    /// Scores the most frequent answer of the training data on the evaluation data. That is the
    /// largest class, every class that most examples have, the mean, the most frequent tag of a
    /// word, or the most frequent index of a choice. For questions that may have no answer it is
    /// "no answer".
    ///
    /// - Returns: nil for questions that always have an answer, because no text is frequent among
    ///   answers.
    public func baseline(_ task: TaskDefinition) -> TaskScores? {
        task.kind.rules.baseline(task, self)
    }
}

/// The most frequent value; the smallest on a tie; nil if there is none.
func mostFrequent<Value: Hashable & Comparable>(_ values: some Sequence<Value>) -> Value? {
    var counts: [Value: Int] = [:]
    for value in values { counts[value, default: 0] += 1 }
    return counts.max { a, b in a.value != b.value ? a.value < b.value : a.key > b.key }?.key
}
