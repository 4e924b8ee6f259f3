/// Rules of kinds whose files are tables.
protocol TableRules: TaskRules {}

extension TableRules {
    func fits(_ format: TaskFileFormat) -> Bool { format.table != nil }

    func format(of path: String) -> TaskFileFormat? {
        TaskTableFormat(path: path).map { TaskFileFormat($0) }
    }

    func settings(_ task: TaskDefinition) -> [String: String] {
        [
            "columns.text": task.columns.text, "columns.pair": task.columns.pair ?? "",
            "columns.label": task.columns.label, "columns.choices": "\(task.columns.choices)",
            "header": "\(task.header)", "labels": "\(task.labels)",
        ]
    }
}
