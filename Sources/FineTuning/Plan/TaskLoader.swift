import ExitCoding

/// Reading of a task's files: the settings that readers need, and the classes and notes that they
/// find. The training data is read first because it determines the classes.
struct TaskLoader {
    let task: TaskDefinition
    let encoder: InputEncoder
    let limits: TaskFileLimits
    /// Classes, set once the training data has been read.
    private(set) var labels = LabelMap(collecting: EmptyCollection())
    /// Notes for the user, without duplicates.
    private(set) var notes: [String] = []

    init(_ task: TaskDefinition, encoder: InputEncoder, limits: TaskFileLimits) {
        self.task = task
        self.encoder = encoder
        self.limits = limits
    }

    /// Adds a note for the user.
    mutating func note(_ text: String) {
        if !notes.contains(text) { notes.append(text) }
    }

    /// Reads some columns of a table.
    func table(_ path: String, _ columns: [String]) throws(TaskDataError) -> TaskTable {
        guard let format = task.format(of: path)?.table else { throw unknownFormat(path) }
        return try TaskTable.read(
            path, format: format, columns: columns,
            header: task.header.isEmpty ? nil : task.header, limits: limits)
    }

    /// The error for a file whose format neither the task nor its name determines.
    func unknownFormat(_ path: String) -> TaskDataError {
        TaskDataError(path, "the name does not tell the format; set format")
    }

    /// Classes listed in the configuration; nil if they are taken from the training data.
    var listedLabels: LabelMap? { task.labels.isEmpty ? nil : LabelMap(names: task.labels) }

    /// Sets the classes: those of the configuration, which must include the training data's, or
    /// else `found`, those of the training data.
    mutating func setLabels(_ found: LabelMap, _ path: String) throws(TaskDataError) {
        if let listedLabels {
            labels = listedLabels
            return
        }
        if let (first, second) = found.lookAlikes {
            throw TaskDataError(
                path,
                "the labels \"\(visible(first))\" and \"\(visible(second))\" look alike, but have "
                    + "different code points (white space, or composed and decomposed accents): "
                    + "write them alike, in one Unicode normalization form, such as NFC")
        }
        guard (1...ConfusionMatrix.maximumClasses).contains(found.count) else {
            throw TaskDataError(
                path, "\(found.count) different labels; is this the right column?")
        }
        labels = found
    }
}
