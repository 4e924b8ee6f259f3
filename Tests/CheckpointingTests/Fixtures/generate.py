"""Writes the fixtures of CheckpointingTests: python3 generate.py.

Made with torch 2.15, transformers 5.23, safetensors 0.8, h5py 3.16. A tiny BertForPreTraining in
the forms that Hugging Face's directories have had; expected.h5 holds the fp32 values to be read.
"""
import json
import os
import shutil

import h5py
import torch
from safetensors.torch import save_file
from transformers import BertConfig, BertForPreTraining

torch.manual_seed(7)
config = BertConfig(vocab_size=11, hidden_size=6, num_hidden_layers=1, num_attention_heads=2,
                    intermediate_size=10, max_position_embeddings=9)
model = BertForPreTraining(config).eval()
with torch.no_grad():
    for parameter in model.parameters():
        parameter.normal_(0, 0.5)
words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "##s", "中", "a", "b", "c"]


def directory(name):
    shutil.rmtree(name, ignore_errors=True)
    os.makedirs(name)
    config.save_pretrained(name)
    with open(f"{name}/vocab.txt", "w") as f:
        f.write("".join(w + "\n" for w in words))


def plain():
    return {n: p.detach().clone().contiguous() for n, p in model.named_parameters()}


directory("saved")
model.save_pretrained("saved")

for name, dtype in [("half", torch.float16), ("bfloat", torch.bfloat16)]:
    directory(name)
    save_file({n: t.to(dtype) for n, t in plain().items()}, f"{name}/model.safetensors",
              metadata={"format": "pt"})

# As converted from TensorFlow: old names, constants and tied copies inside; a cased tokenizer.
directory("old")
old = {n.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): t
       for n, t in plain().items()}
old["cls.predictions.decoder.weight"] = old["bert.embeddings.word_embeddings.weight"].clone()
old["cls.predictions.decoder.bias"] = old["cls.predictions.bias"].clone()
old["bert.embeddings.position_ids"] = torch.arange(9).unsqueeze(0)
save_file(old, "old/model.safetensors", metadata={"format": "pt"})
with open("old/tokenizer_config.json", "w") as f:
    json.dump({"do_lower_case": False, "model_max_length": 10**30}, f)

directory("untied")
untied = plain()
untied["cls.predictions.decoder.weight"] = untied["bert.embeddings.word_embeddings.weight"] + 1
save_file(untied, "untied/model.safetensors", metadata={"format": "pt"})

with h5py.File("expected.h5", "w") as f:
    for name, dtype in [("saved", torch.float32), ("old", torch.float32), ("half", torch.float16),
                        ("bfloat", torch.bfloat16)]:
        for n, t in plain().items():
            f[f"{name}/{n}"] = t.to(dtype).float().numpy()
