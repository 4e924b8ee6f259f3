"""Writes the cases in this folder: tiny models, inputs in NVIDIA's HDF5 layout, and what Hugging Face
transformers computes from them in float64: all outputs and gradients. Run in this folder:

    pip install torch transformers h5py safetensors; python generate.py

Made with torch 2.15.0 and transformers 5.23.0; numbers are stored as float32, whose rounding is far below the
tolerances of the tests. Weights are drawn far from the usual small initialization, so that a wrong formula shows.
"""
import json
import pathlib

import h5py
import numpy as np
import torch
from torch.nn.functional import cross_entropy
from transformers import BertConfig, BertForPreTraining

CASES = {
    "erf": dict(seed=3, act="gelu", vocab=43, hidden=15, layers=2, heads=3, inter=29, positions=23, seq=23, batch=5, rows=9),
    "tanh": dict(seed=4, act="gelu_new", vocab=37, hidden=14, layers=1, heads=2, inter=23, positions=19, seq=17, batch=4, rows=7),
}
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
MOST_PREDICTIONS = 4


def make_model(case):
    config = BertConfig(
        vocab_size=case["vocab"], hidden_size=case["hidden"], num_hidden_layers=case["layers"],
        num_attention_heads=case["heads"], intermediate_size=case["inter"],
        max_position_embeddings=case["positions"], hidden_act=case["act"], hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0, attn_implementation="eager")
    model = BertForPreTraining(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn_like(parameter)
            if "LayerNorm.weight" in name:
                parameter.copy_(1 + 0.3 * noise)
            else:
                parameter.copy_((0.2 if parameter.ndim == 1 else 0.25) * noise)
    return model.eval()


def make_rows(case, random):
    """Rows of all lengths from the shortest that can hold a prediction to the longest."""
    rows, width = case["rows"], case["seq"]
    lengths = [4, width] + [int(random.integers(5, width + 1)) for _ in range(rows - 2)]
    data = dict(
        input_ids=random.integers(5, case["vocab"], (rows, width)).astype("i4"),
        input_mask=np.zeros((rows, width), "i1"), segment_ids=np.zeros((rows, width), "i1"),
        masked_lm_positions=np.zeros((rows, MOST_PREDICTIONS), "i4"),
        masked_lm_ids=np.zeros((rows, MOST_PREDICTIONS), "i4"),
        next_sentence_labels=random.integers(0, 2, rows).astype("i1"))
    for row, length in enumerate(lengths):
        cut = int(random.integers(2, length - 1))
        ids = data["input_ids"][row]
        ids[0], ids[cut], ids[length - 1], ids[length:] = 2, 3, 3, 0
        data["input_mask"][row, :length] = 1
        data["segment_ids"][row, cut + 1:length] = 1
        words = [place for place in range(1, length - 1) if place != cut]
        chosen = np.sort(random.choice(words, min(len(words), MOST_PREDICTIONS), replace=False))
        data["masked_lm_positions"][row, :len(chosen)] = chosen
        data["masked_lm_ids"][row, :len(chosen)] = ids[chosen]
        # Every third keeps its word, so that some predictions can be right.
        ids[chosen[np.arange(len(chosen)) % 3 != 2]] = 4
    return data


def tensors(data, rows):
    def tensor(name):
        return torch.tensor(data[name][rows]).long()
    labels = torch.full(data["input_ids"][rows].shape, -100)
    for row, (places, ids) in enumerate(zip(data["masked_lm_positions"][rows], data["masked_lm_ids"][rows])):
        for place, label in zip(places, ids):
            if label:
                labels[row, int(place)] = int(label)
    inputs = dict(input_ids=tensor("input_ids"), attention_mask=tensor("input_mask"), token_type_ids=tensor("segment_ids"))
    return inputs, labels, tensor("next_sentence_labels")


def results(model, data, rows):
    inputs, labels, following = tensors(data, rows)
    output = model(**inputs, labels=labels, next_sentence_label=following, output_hidden_states=True)
    chosen = labels != -100
    values = {f"hidden_{layer}": state for layer, state in enumerate(output.hidden_states)}
    values.update(
        pooled=model.bert(**inputs).pooler_output, mlm_logits=output.prediction_logits,
        nsp_logits=output.seq_relationship_logits, loss=output.loss,
        mlm_loss=cross_entropy(output.prediction_logits[chosen], labels[chosen]),
        nsp_loss=cross_entropy(output.seq_relationship_logits, following),
        mlm_correct=(output.prediction_logits.argmax(-1)[chosen] == labels[chosen]).sum(), mlm_total=chosen.sum(),
        nsp_correct=(output.seq_relationship_logits.argmax(-1) == following).sum())
    return values


def write(name, case):
    torch.manual_seed(case["seed"])
    out = pathlib.Path(name)
    out.mkdir(exist_ok=True)
    model = make_model(case)
    model.save_pretrained(out / "hf", safe_serialization=True)
    words = SPECIAL + [f"w{index}" for index in range(case["vocab"] - len(SPECIAL))]
    (out / "hf" / "vocab.txt").write_text("\n".join(words) + "\n")
    data = make_rows(case, np.random.default_rng(case["seed"]))
    with h5py.File(out / "pretrain.hdf5", "w", track_order=False) as file:
        for key, values in data.items():
            file.create_dataset(key, data=values)
    model = model.double()
    with h5py.File(out / "reference.h5", "w") as file:
        def store(path, value):
            value = value.detach().numpy()
            file.create_dataset(path, data=value.astype("f4") if value.ndim else value)
        values = results(model, data, slice(0, case["batch"]))
        values["loss"].backward()
        for key, value in values.items():
            store(f"forward/{key}", value)
        for key, parameter in model.named_parameters():
            store(f"gradient/{key}", parameter.grad)
        file.attrs["rows"] = case["batch"]
        whole = {key: value.item() for key, value in results(model, data, slice(None)).items() if value.ndim == 0}
        file.attrs["eval"] = json.dumps(dict(
            mlm_loss=whole["mlm_loss"], nsp_loss=whole["nsp_loss"], mlm_accuracy=whole["mlm_correct"] / whole["mlm_total"],
            nsp_accuracy=whole["nsp_correct"] / case["rows"], rows=case["rows"]))


if __name__ == "__main__":
    for name, case in CASES.items():
        write(name, case)
