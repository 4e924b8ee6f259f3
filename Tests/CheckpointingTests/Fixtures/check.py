"""Called by PythonTests: check.py CHECKPOINT EXPORTED ORIGINAL LOWER_CASE RUN_CHECKPOINT.

Loads what this program wrote with transformers and h5py and compares it with the original.
"""
import json
import sys

import h5py
import numpy as np
import torch
from transformers import BertForPreTraining, BertTokenizer

checkpoint, exported, original, lower_case, run = sys.argv[1:]

model, report = BertForPreTraining.from_pretrained(exported, output_loading_info=True)
assert not any(report.values()), report
expected = BertForPreTraining.from_pretrained(original).state_dict()
state = model.state_dict()
assert state.keys() == expected.keys()
for name in state:
    assert torch.equal(state[name], expected[name]), name

tokenizer = BertTokenizer.from_pretrained(exported)
upper, lower = tokenizer("THE")["input_ids"], tokenizer("the")["input_ids"]
assert lower == [2, 5, 3], lower
assert upper == (lower if lower_case == "1" else [2, 1, 3]), upper

with h5py.File(f"{checkpoint}/model.h5") as f:
    for name in f["model"]:
        assert np.array_equal(f["model"][name][()], expected[name].numpy()), name
    assert json.loads(f["model"].attrs["config"])["model_type"] == "bert"
    assert f["vocabulary"].asstr()[()] == open(f"{original}/vocab.txt").read()
    assert json.loads(f["training"].attrs["state"])["step"] == 0

with h5py.File(f"{run}/model.h5") as f:
    state = json.loads(f["training"].attrs["state"])
    assert state["seed"] == 2**64 - 1 and state["step"] == 5, state
    assert f["training/configuration"].asstr()[()].startswith("key: wert ä\n")
    shapes = [line.split() for line in f["training/layout"].asstr()[()].splitlines()]
    total = sum(np.prod([int(x) for x in s[1:]], dtype=int) for s in shapes)
end = 0
for part in range(1, 4):
    with h5py.File(f"{run}/optimizer.{part}-of-3.h5") as f:
        assert f.attrs["start"] == end and f.attrs["total"] == total
        assert f.attrs["optimizer"] == "lamb"
        assert f["exp_avg"].shape == f["exp_avg_sq"].shape == (f.attrs["count"],)
        end += f.attrs["count"]
assert end == total
