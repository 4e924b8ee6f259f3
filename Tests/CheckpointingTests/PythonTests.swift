import Checkpointing
import DurableFiles
import Glibc
import TemporaryDirectories
import Tensors
import Testing

/// Python's reading of our files. Needs an interpreter with torch, transformers and h5py, named by
/// the environment variable BERT_PYTHON.
@Suite struct PythonTests {
    private static let python = getenv("BERT_PYTHON").map { String(cString: $0) }

    @Test(
        "transformers and h5py read what we write",
        .enabled(if: python != nil, "SKIPPED: BERT_PYTHON is not set"),
        arguments: [("saved", true), ("old", false)])
    func reads(form: String, lowerCase: Bool) throws {
        let python = try #require(Self.python)
        try withTemporaryDirectory { directory in
            let file = try SafetensorsFile.open(fixture("saved/model.safetensors"))
            let layout = ParameterLayout(
                try file.tensorNames.map { ($0, try file.shape(of: $0), true) })
            let imported = try Checkpoint.importHuggingFace(
                from: HuggingFaceDirectory(fixture(form)), to: directory + "/imported",
                layout: layout)
            try imported.exportHuggingFace(to: directory + "/exported")
            let run = try Sample.publish(CheckpointStore(run: directory), step: 5, parts: 3)
            let command = [
                python, fixture("check.py"), imported.path, directory + "/exported",
                fixture("saved"), lowerCase ? "1" : "0", run.path,
            ].map { "'\($0)'" }.joined(separator: " ")
            #expect(system(command) == 0)
        }
    }
}
