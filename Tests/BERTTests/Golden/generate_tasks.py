"""Writes tasks/HEAD.json: inputs of the task heads, and what Hugging Face transformers computes from them in
float64: logits, loss, and all gradients. Run in this folder:

    pip install torch transformers; python generate_tasks.py

Made with torch 2.15.0 and transformers 5.23.0. Parameters are given by a formula (`fill`), which the test knows, too;
dropout is off. Id 0 does not occur: transformers gives padding no gradient. Inputs of several lengths are computed one by one, without padding: the softmax over the tokens of a
span would see padding.
"""
import json
import math
import pathlib

import numpy as np
import torch
from transformers import (BertConfig, BertForMultipleChoice, BertForQuestionAnswering, BertForSequenceClassification,
                          BertForTokenClassification)

SIZES = dict(vocab_size=19, hidden_size=10, num_hidden_layers=2, num_attention_heads=2, intermediate_size=14,
             max_position_embeddings=13, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
LENGTHS = [13, 4, 9, 6]


def fill(model):
    """Element i of the parameter of a name is a sine of i and of the name's length, times 0.3; plus 1 for LayerNorm."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            index = np.arange(parameter.numel(), dtype="f8")
            values = 0.3 * np.sin(1.7 * index + len(name))
            if name.endswith("LayerNorm.weight"):
                values += 1
            parameter.copy_(torch.tensor(values.astype("f4").astype("f8")).reshape(parameter.shape))
    return model.eval().double()


def inputs():
    random = np.random.default_rng(1)
    result = []
    for length in LENGTHS:
        cut = int(random.integers(1, length - 1))
        result.append(dict(ids=random.integers(1, SIZES["vocab_size"], length).tolist(),
                           segments=[int(place > cut) for place in range(length)]))
    return result


def tensors(one):
    return dict(input_ids=torch.tensor([one["ids"]]), token_type_ids=torch.tensor([one["segments"]]))


def write(name, kind, config, labels, terms, call):
    """`call` gives logits and the sum of the loss's terms of one example; the objective is the sum over all examples
    divided by all terms."""
    model = fill(kind(BertConfig(**SIZES, **config)))
    logits, total = [], 0
    for example in range(len(labels)):
        values, loss = call(model, example)
        logits.append(values.flatten().tolist())
        total = total + loss
    (total / terms).backward()
    digits = 9
    short = lambda values: [float(f"{value:.{digits}g}") for value in values]
    data = dict(labels=labels, logits=[short(values) for values in logits], loss=float(total), terms=terms,
                gradients={key: short(parameter.grad.flatten().tolist()) for key, parameter in model.named_parameters()})
    pathlib.Path(f"tasks/{name}.json").write_text(json.dumps(data, separators=(",", ":")) + "\n")


def main():
    data = inputs()
    pathlib.Path("tasks").mkdir(exist_ok=True)
    pathlib.Path("tasks/inputs.json").write_text(json.dumps(data) + "\n")
    entropy = torch.nn.functional.cross_entropy

    def sequence(problem, label, weight):
        def call(model, example):
            out = model(**tensors(data[example]), labels=label(example))
            return out.logits, out.loss * weight
        return call

    classes = [2, 0, 1, 2]
    write("classification", BertForSequenceClassification, dict(num_labels=3), classes, 4,
          sequence("single", lambda i: torch.tensor([classes[i]]), 1))
    sets = [[0, 2], [], [1], [0, 1, 2, 3]]
    write("multi_label", BertForSequenceClassification, dict(num_labels=4, problem_type="multi_label_classification"),
          sets, 16, sequence("multi", lambda i: torch.tensor([[float(c in sets[i]) for c in range(4)]]).double(), 4))
    scores = [0.5, -2.0, 3.25, 1.0]
    write("regression", BertForSequenceClassification, dict(num_labels=1), scores, 4,
          sequence("regression", lambda i: torch.tensor([scores[i]]).double(), 1))
    tags = [[-100 if (i + p) % 3 == 0 else (i * 7 + p) % 5 for p in range(length)] for i, length in enumerate(LENGTHS)]

    def tokens(model, example):
        out = model(**tensors(data[example]), labels=torch.tensor([tags[example]]))
        return out.logits, out.loss * sum(tag != -100 for tag in tags[example])
    write("tokens", BertForTokenClassification, dict(num_labels=5), tags, sum(t != -100 for row in tags for t in row), tokens)
    spans = [[3, 7], [0, 0], [8, 8], [1, 2]]

    def span(model, example):
        out = model(**tensors(data[example]), start_positions=torch.tensor([spans[example][0]]),
                    end_positions=torch.tensor([spans[example][1]]))
        return torch.stack([out.start_logits[0], out.end_logits[0]], 1), out.loss * 2
    write("span", BertForQuestionAnswering, {}, spans, 8, span)
    # Two examples: three choices, then one; the model scores each input alone (transformers pads the choices of one).
    groups, right = [[0, 1, 2], [3]], [1, 0]

    def choice(model, example):
        scores = torch.cat([model(**{k: v[None] for k, v in tensors(data[i]).items()}).logits for i in groups[example]], 1)
        return scores, entropy(scores, torch.tensor([right[example]]))
    write("choice", BertForMultipleChoice, {}, right, 2, choice)


if __name__ == "__main__":
    main()
