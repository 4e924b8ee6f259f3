package import BERT
import ExitCoding
import Reporting

extension BERTConfiguration {
    /// "4 layers of 256, 4 heads, vocabulary 4000: 4.28 M parameters", including task heads.
    package func summary(parameters: Int) -> String {
        "\(counted(layers, "layer")) of \(hiddenSize), \(counted(heads, "head")), vocabulary "
            + "\(vocabularySize): \(HumanFormat.count(parameters)) parameters"
    }
}
