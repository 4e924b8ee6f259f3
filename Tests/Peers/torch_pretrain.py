"""The strongest plain-PyTorch pre-training step of BERT: logits at masked positions only, SDPA, fused AdamW,
bf16 autocast, no padding. The peer of `bert-bench compare`. Prints one JSON line.

torch_pretrain.py --size base --batch 16 --seq 128 --precision bf16 --threads 2 --steps 5 --accum 1 [--compile]
"""
import argparse
import json
import resource
import statistics
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

from torch_encoder import SIZES, Layer, initialise

VOCABULARY, POSITIONS = 30522, 512


class Pretraining(nn.Module):
    def __init__(self, hidden, layers, heads, dropout=0.1):
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, hidden)
        self.positions = nn.Embedding(POSITIONS, hidden)
        self.segments = nn.Embedding(2, hidden)
        self.norm = nn.LayerNorm(hidden, 1e-12)
        self.layers = nn.ModuleList(Layer(hidden, heads, dropout) for _ in range(layers))
        self.pooler = nn.Linear(hidden, hidden)
        self.relationship = nn.Linear(hidden, 2)
        self.transform = nn.Linear(hidden, hidden)
        self.transform_norm = nn.LayerNorm(hidden, 1e-12)
        self.bias = nn.Parameter(torch.zeros(VOCABULARY))
        self.dropout = dropout
        initialise(self)

    def forward(self, ids, segments, masked, labels, next_labels):
        x = self.words(ids) + self.positions.weight[:ids.shape[1]] + self.segments(segments)
        x = F.dropout(self.norm(x), self.dropout)
        for layer in self.layers:
            x = layer(x, None)
        h = x.flatten(0, 1).index_select(0, masked)
        h = self.transform_norm(F.gelu(self.transform(h)))
        logits = F.linear(h, self.words.weight, self.bias)
        pooled = self.relationship(torch.tanh(self.pooler(x[:, 0])))
        return F.cross_entropy(logits.float(), labels) + F.cross_entropy(pooled.float(), next_labels)


def batch(size, length):
    """Random samples, full and without padding; 15% of their tokens are predicted."""
    count = max(1, round(.15 * length))
    places = torch.rand(size, length).argsort(1)[:, :count].sort(1).values
    return (torch.randint(0, VOCABULARY, (size, length)),
            (torch.arange(length) >= length // 2).long().expand(size, length),
            (places + torch.arange(size)[:, None] * length).flatten(),
            torch.randint(0, VOCABULARY, (size * count,)), torch.randint(0, 2, (size,)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--size', default='base')
    parser.add_argument('--batch', type=int, default=16)
    parser.add_argument('--seq', type=int, default=128)
    parser.add_argument('--precision', default='bf16')
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--steps', type=int, default=5)
    parser.add_argument('--accum', type=int, default=1)
    parser.add_argument('--compile', action='store_true')
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    model = Pretraining(*SIZES[options.size]).train()
    optimizer = torch.optim.AdamW(model.parameters(), 1e-4, weight_decay=.01, fused=True)
    forward = torch.compile(model) if options.compile else model
    reduced = torch.float16 if options.precision == 'fp16' else torch.bfloat16
    batches = [batch(options.batch, options.seq) for _ in range(4)]

    def step(number):
        for i in range(options.accum):
            samples = batches[(number * options.accum + i) % len(batches)]
            with torch.autocast('cpu', dtype=reduced, enabled=options.precision != 'fp32'):
                loss = forward(*samples) / options.accum
            loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    seconds = []
    for number in range(2 + options.steps):
        start = time.perf_counter()
        step(number)
        seconds.append(time.perf_counter() - start)
    tokens = options.batch * options.seq * options.accum
    print(json.dumps({
        'peer': 'torch ' + torch.__version__,
        'tokens_per_s': round(tokens / statistics.median(seconds[2:]), 1),
        'peak_rss_mb': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}), flush=True)


main()
