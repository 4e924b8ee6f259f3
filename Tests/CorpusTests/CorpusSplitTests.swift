import Corpus
import TemporaryDirectories
import Testing

/// Documents that are held out, and documents that are skipped.
@Suite struct CorpusSplitTests: CorpusBuilding {
    let directory = TemporaryDirectory()

    @Test(arguments: [1e-12, 0.05, 0.5, 0.999_999_999_999], [2, 3, 50])
    func bothSplitsHaveADocument(share: Double, documents: Int) throws {
        let input = try directory.write("a.txt", text(documents: documents))
        let manifest = try build([input]) { $0.heldoutShare = share }
        #expect(manifest.train.documents > 0 && manifest.heldout.documents > 0)
        #expect(manifest.train.documents + manifest.heldout.documents == documents)
        if documents == 50 && share != 0.05 && share != 0.5 {
            #expect(min(manifest.train.documents, manifest.heldout.documents) == 1)
        }
    }

    @Test func theSplitFollowsTextAndSeedOnly() throws {
        let parts = text(documents: 400).components(separatedBy: "\n\n")
        let forward = try directory.write("a.txt", parts.joined(separator: "\n\n"))
        let backward = try directory.write("b.txt", parts.reversed().joined(separator: "\n\n"))
        let counts = try [forward, backward].enumerated().map { index, input in
            try build([input], "out\(index)") { $0.heldoutShare = 0.2 }.heldout
        }
        #expect(counts[0] == counts[1])
        #expect(isLikely(counts[0].documents, of: 400, probability: 0.2))
        let other = try build([forward], "other") {
            $0.heldoutShare = 0.2
            $0.seed = 5
        }
        #expect(other.heldout != counts[0])
    }

    @Test(
        "equal texts are on one side, also where one side would be empty", arguments: [1e-12, 0.5])
    func equalTextsStayTogether(share: Double) throws {
        for (index, text) in ["a b.\n\na b.\n", "a b.\n\nc.\n\na b.\n\nc.\n\nc.\n"].enumerated() {
            let input = try directory.write("\(index).txt", text)
            let manifest = try build([input], "out\(index)") { $0.heldoutShare = share }
            let counts = [manifest.train.documents, manifest.heldout.documents]
            if index == 0 {
                #expect(counts == [2, 0], "one text has no other side")
            } else {
                #expect(counts.sorted() == [2, 3])
            }
        }
    }

    @Test func duplicatesAreCountedAndLeftOutOnRequest() throws {
        let input = try directory.write("a.txt", "a b.\nc.\n\nd.\n\na b. \nc.\n\nd.\n\nd.\n")
        let kept = try build([input], "kept")
        #expect(kept.notes.duplicateDocuments == 3)
        #expect(kept.train.documents + kept.heldout.documents == 5)
        let removed = try build([input], "removed") { $0.removesDuplicates = true }
        #expect(removed.notes.duplicateDocuments == 3)
        #expect(removed.train.documents + removed.heldout.documents == 2)
    }
}
