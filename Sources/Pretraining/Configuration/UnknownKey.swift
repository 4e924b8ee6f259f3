import Formats

/// Message for an unknown key: the most likely intended key, otherwise the known keys.
///
/// - Parameters:
///   - key: the key as written.
///   - section: path of the section that contains it, empty at the top level.
///   - known: valid keys of the section.
///   - prefix: prefix of paths in messages (`phases[1].`).
/// - Returns: the message, and the path of the most likely intended key.
func unknownKey(
    _ key: String, within section: String, known: [String], prefix: String
) -> (message: String, meant: String?) {
    func path(_ key: String) -> String { prefix + (section.isEmpty ? key : "\(section).\(key)") }
    let shown = printable(key)
    let start = "unknown key \(path(shown))"
    if let meant = foreignNames[key.lowercased()] {
        return ("\(start); did you mean \(prefix)\(meant)?", meant)
    }
    if let near = nearest(to: key, in: known) {
        return (
            "\(start); did you mean \(path(near))?", section.isEmpty ? near : "\(section).\(near)"
        )
    }
    let fields = RunConfiguration.fields
    let last = key.split(separator: ".").last.map(String.init) ?? key
    let homes = fields.filter { $0.key == key || $0.key == last || $0.path == key }
    if let home = homes.first {
        let others = homes.map { $0.section }.joined(separator: " or ")
        return (
            "\(start); \(home.key) belongs under \(others) (\(prefix)\(home.path))", home.path
        )
    }
    if let near = nearest(to: last, in: fields.map(\.key)),
        let home = fields.first(where: { $0.key == near })
    {
        return ("\(start); did you mean \(prefix)\(home.path)?", home.path)
    }
    let place = section.isEmpty ? "the sections are" : "the keys of \(prefix)\(section) are"
    return ("\(start); \(place) \(known.joined(separator: ", "))", nil)
}

/// Names of our keys in other BERT trainers (Google's and NVIDIA's flags, Hugging Face's
/// `TrainingArguments`).
private let foreignNames: [String: String] = [
    "lr": "optimizer.learning_rate", "eps": "optimizer.epsilon",
    "adam_beta1": "optimizer.beta1", "adam_beta2": "optimizer.beta2",
    "adam_epsilon": "optimizer.epsilon", "optim": "optimizer.name",
    "weight_decay_rate": "optimizer.weight_decay", "max_grad_norm": "optimizer.clip_norm",
    "train_batch_size": "batch.global", "global_batch_size": "batch.global",
    "per_device_train_batch_size": "batch.micro", "micro_batch_size": "batch.micro",
    "batch_size": "batch.global", "max_steps": "schedule.total_steps",
    "num_train_steps": "schedule.total_steps", "num_warmup_steps": "schedule.warmup_steps",
    "warmup_proportion": "schedule.warmup_steps", "lr_scheduler_type": "schedule.name",
    "max_seq_length": "data.sequence_length", "seq_length": "data.sequence_length",
    "max_sequence_length": "data.sequence_length", "input_dir": "data.train",
    "short_seq_prob": "data.short_sequence_probability",
    "max_predictions_per_seq": "masking.max_predictions",
    "masked_lm_prob": "masking.probability", "mlm_probability": "masking.probability",
    "do_whole_word_mask": "masking.unit", "save_steps": "checkpoint.every_steps",
    "save_checkpoints_steps": "checkpoint.every_steps",
    "num_steps_per_checkpoint": "checkpoint.every_steps",
    "save_total_limit": "checkpoint.keep_last", "eval_steps": "evaluation.every_steps",
    "output_dir": "run.directory", "run_name": "run.name", "vocab_file": "model.vocabulary",
    "init_checkpoint": "model.initialize_from", "fp16": "precision.compute",
    "bf16": "precision.compute", "init_loss_scale": "precision.loss_scale",
]
