"""The strongest plain-PyTorch fine-tuning step of BERT on sentences with classes: SDPA, fused AdamW,
bf16 autocast, each batch padded to its longest sentence only. The peer of `bert-bench finetune`,
which writes the batches. Prints one JSON line; tokens are those of sentences, not of padding.

torch_finetune.py --batches FILE --size base --precision bf16 --threads 2 --accum 1 [--compile]
"""
import argparse
import json
import resource
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

from torch_encoder import SIZES, Layer, initialise


class Classifier(nn.Module):
    def __init__(self, hidden, layers, heads, vocabulary, positions, classes, dropout=0.1):
        super().__init__()
        self.words = nn.Embedding(vocabulary, hidden)
        self.positions = nn.Embedding(positions, hidden)
        self.segments = nn.Embedding(2, hidden)
        self.norm = nn.LayerNorm(hidden, 1e-12)
        self.layers = nn.ModuleList(Layer(hidden, heads, dropout) for _ in range(layers))
        self.pooler = nn.Linear(hidden, hidden)
        self.classifier = nn.Linear(hidden, classes)
        self.dropout = dropout
        initialise(self)

    def forward(self, ids, mask, labels):
        x = self.words(ids) + self.positions.weight[:ids.shape[1]] + self.segments.weight[0]
        x = F.dropout(self.norm(x), self.dropout)
        mask = None if mask is None else mask[:, None, None, :]
        for layer in self.layers:
            x = layer(x, mask)
        pooled = F.dropout(torch.tanh(self.pooler(x[:, 0])), self.dropout)
        return F.cross_entropy(self.classifier(pooled).float(), labels, reduction='sum')


def padded(batch):
    """A batch as tensors; without a mask where all sentences are equally long."""
    length = max(len(ids) for ids in batch['ids'])
    ids = torch.tensor([row + [0] * (length - len(row)) for row in batch['ids']])
    lengths = torch.tensor([len(row) for row in batch['ids']])
    mask = torch.arange(length)[None, :] < lengths[:, None]
    return ids, None if bool(mask.all()) else mask, torch.tensor(batch['labels'])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--batches', required=True)
    parser.add_argument('--size', default='base')
    parser.add_argument('--precision', default='bf16')
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--accum', type=int, default=1)
    parser.add_argument('--compile', action='store_true')
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    data = json.load(open(options.batches))
    hidden, layers, heads = SIZES[options.size]
    model = Classifier(hidden, layers, heads, data['vocabulary_size'], data['positions'],
                       data['classes']).train()
    optimizer = torch.optim.AdamW(model.parameters(), 3e-5, weight_decay=.01, fused=True)
    forward = torch.compile(model, dynamic=True) if options.compile else model
    reduced = torch.float16 if options.precision == 'fp16' else torch.bfloat16

    def step(micro):
        count = sum(len(batch['labels']) for batch in micro)
        for batch in micro:
            with torch.autocast('cpu', dtype=reduced, enabled=options.precision != 'fp32'):
                loss = forward(*padded(batch)) / count
            loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    steps = [data['batches'][i:i + options.accum]
             for i in range(0, len(data['batches']), options.accum)]
    for micro in steps[:data['warmup']]:
        step(micro)
    tokens, start = 0, time.perf_counter()
    for micro in steps[data['warmup']:]:
        step(micro)
        tokens += sum(len(ids) for batch in micro for ids in batch['ids'])
    seconds = time.perf_counter() - start
    print(json.dumps({
        'peer': 'torch ' + torch.__version__, 'tokens_per_s': round(tokens / seconds, 1),
        'peak_rss_mb': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}), flush=True)


main()
