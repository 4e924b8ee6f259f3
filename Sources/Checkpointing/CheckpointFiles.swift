/// File names in and around a checkpoint directory.
enum CheckpointFiles {
    /// Parameters, description and training state.
    static let model = "model.h5"
    /// Version of the format, stored in the manifest.
    static let formatVersion = 1
    /// The newest version of the format of `model.h5`.
    static let newestModelVersion = 2

    /// `step-00000500`.
    static func directoryName(step: Int) -> String {
        let digits = String(step)
        return "step-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    /// Step of a directory name, or nil if it is not a checkpoint's.
    static func step(ofDirectory name: String) -> Int? {
        guard name.hasPrefix("step-"), let step = Int(name.dropFirst(5)), step >= 0,
            directoryName(step: step) == name
        else { return nil }
        return step
    }

    /// `optimizer.1-of-8.h5`, for index 0 of 8.
    static func optimizerPart(_ index: Int, of count: Int) -> String {
        "optimizer.\(index + 1)-of-\(count).h5"
    }
}
