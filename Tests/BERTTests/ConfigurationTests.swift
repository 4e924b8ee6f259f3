import BERT
import FoundationEssentials
import Kernels
import Testing

/// `config.json`, as written by Hugging Face and by an attacker.
@Suite struct ConfigurationTests {
    private func decode(_ text: String) throws -> BERTConfiguration {
        try JSONDecoder().decode(BERTConfiguration.self, from: Data(text.utf8))
    }

    @Test("coding keeps everything")
    func roundTrip() throws {
        var configuration = TestModel.dropout
        configuration.activation = .geluNew
        configuration.segmentKinds = 3
        configuration.layerNormEpsilon = 1e-7
        configuration.paddingID = 4
        let data = try JSONEncoder().encode(configuration)
        let text = String(decoding: data, as: UTF8.self)
        let decoded = try decode(text)
        #expect(decoded == configuration)
        for key in [
            "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads",
            "intermediate_size", "hidden_act", "hidden_dropout_prob",
            "attention_probs_dropout_prob", "max_position_embeddings", "type_vocab_size",
            "initializer_range", "layer_norm_eps", "pad_token_id",
        ] {
            #expect(text.contains("\"\(key)\":"))
        }
        #expect(text.contains("\"gelu_new\""))
    }

    @Test("absent keys have BertConfig's values, unknown ones are skipped")
    func defaults() throws {
        let empty = try decode("{}")
        #expect(empty == BERTConfiguration())
        let text = """
            {"architectures": ["BertForPreTraining"], "model_type": "bert", "num_hidden_layers": 3,
             "classifier_dropout": null, "position_embedding_type": "absolute",
             "is_decoder": false, "pad_token_id": null, "transformers_version": "5.23.0"}
            """
        var expected = BERTConfiguration()
        expected.layers = 3
        let decoded = try decode(text)
        #expect(decoded == expected)
    }

    @Test(
        "values that no model can have are refused by name",
        arguments: [
            "\"vocab_size\": 0", "\"vocab_size\": -30522", "\"vocab_size\": 1000000000000",
            "\"vocab_size\": 9223372036854775807", "\"hidden_size\": 0", "\"hidden_size\": 770",
            "\"hidden_size\": 65537", "\"num_hidden_layers\": 0", "\"num_hidden_layers\": 256",
            "\"num_attention_heads\": 0", "\"num_attention_heads\": 5",
            "\"intermediate_size\": -1", "\"max_position_embeddings\": 0",
            "\"type_vocab_size\": 0", "\"type_vocab_size\": 257", "\"hidden_dropout_prob\": 1",
            "\"hidden_dropout_prob\": -0.1", "\"attention_probs_dropout_prob\": 1.5",
            "\"layer_norm_eps\": 0", "\"layer_norm_eps\": -1e-12", "\"layer_norm_eps\": 1e-60",
            "\"layer_norm_eps\": 1e60", "\"initializer_range\": 0", "\"initializer_range\": -1",
            "\"pad_token_id\": -1", "\"pad_token_id\": 30522", "\"model_type\": \"roberta\"",
            "\"position_embedding_type\": \"relative_key\"", "\"is_decoder\": true",
            "\"hidden_act\": \"relu\"", "\"tie_word_embeddings\": false",
            "\"add_cross_attention\": true", "\"is_encoder_decoder\": true",
            "\"quantization_config\": {\"bits\": 8}", "\"pruned_heads\": {\"0\": [1]}",
            "\"architectures\": [\"RobertaModel\"]", "\"architectures\": [\"BertLMHeadModel\"]",
        ])
    func impossible(entry: String) throws {
        let error = try #require(throws: ConfigurationProblem.self) { _ = try decode("{\(entry)}") }
        let key = entry.split(separator: "\"")[0]
        #expect(error.description.contains(key))
    }

    @Test(
        "texts that are no configuration are errors",
        arguments: [
            "", "[]", "null", "{", "{\"vocab_size\": \"30522\"}", "{\"vocab_size\": 1e400}",
            "{\"vocab_size\": 30522.5}", "{\"vocab_size\": 99999999999999999999}",
            "{\"hidden_act\": \"relu\"}", "{\"hidden_act\": 3}", "{\"hidden_size\": {}}",
            "{\"hidden_dropout_prob\": NaN}", "{\"is_decoder\": \"no\"}",
        ])
    func malformed(text: String) {
        #expect(throws: (any Error).self) { _ = try decode(text) }
    }

    @Test("an error names the key, the value and the choices")
    func naming() throws {
        for (text, message) in [
            ("{\"hidden_act\": \"relu\"}", "hidden_act is \"relu\"; only"),
            ("{\"hidden_size\": 1.5}", "hidden_size is 1.5; it must be a whole number"),
            (
                "{\"hidden_dropout_prob\": \"x\"}",
                "hidden_dropout_prob is \"x\"; it must be a number"
            ),
            ("{\"is_decoder\": \"no\"}", "is_decoder is \"no\"; only false is supported"),
        ] {
            let error = try #require(throws: ConfigurationProblem.self) { _ = try decode(text) }
            #expect(error.description.hasPrefix(message), "\(error)")
        }
        #expect(try decode("{\"hidden_act\": null, \"pruned_heads\": {}}") == BERTConfiguration())
    }

    @Test("inputs that a model cannot take")
    func inputs() {
        var model = BERTConfiguration()
        let inputs = ModelInputs(length: 512, vocabularySize: 30522, hasPairs: true)
        #expect(model.problem(withInputs: inputs) == nil)
        model.segmentKinds = 1
        #expect(model.problem(withInputs: inputs)?.contains("type_vocab_size is 1") == true)
        model.vocabularySize = 30521
        #expect(model.problem(withInputs: inputs)?.contains("vocab_size") == true)
        model.maximumPositions = 511
        #expect(
            model.problem(withInputs: inputs)?.contains("max_position_embeddings") == true)
    }

    @Test("numbers that JSON cannot say are refused too")
    func notNumbers() {
        for value in [Double.nan, .infinity, -.infinity] {
            var configurations = Array(repeating: BERTConfiguration(), count: 4)
            configurations[0].hiddenDropout = value
            configurations[1].attentionDropout = value
            configurations[2].layerNormEpsilon = value
            configurations[3].initializerRange = value
            #expect(configurations.allSatisfy { $0.problem != nil })
        }
        #expect(BERTConfiguration().problem == nil)
        #expect(TestModel.dropout.problem == nil)
    }
}
