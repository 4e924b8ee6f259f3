"""The encoder that both PyTorch peers share: SDPA, one product for queries, keys and values."""
import torch.nn as nn
import torch.nn.functional as F

SIZES = {'tiny': (128, 2, 2), 'mini': (256, 4, 4), 'small': (512, 4, 8), 'medium': (512, 8, 8),
         'base': (768, 12, 12), 'large': (1024, 24, 16)}


class Layer(nn.Module):
    def __init__(self, hidden, heads, dropout):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.qkv = nn.Linear(hidden, 3 * hidden)
        self.output = nn.Linear(hidden, hidden)
        self.norm1 = nn.LayerNorm(hidden, 1e-12)
        self.up = nn.Linear(hidden, 4 * hidden)
        self.down = nn.Linear(4 * hidden, hidden)
        self.norm2 = nn.LayerNorm(hidden, 1e-12)

    def forward(self, x, mask):
        batch, length, hidden = x.shape
        qkv = self.qkv(x).view(batch, length, 3, self.heads, hidden // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        a = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=self.dropout)
        a = a.transpose(1, 2).reshape(batch, length, hidden)
        x = self.norm1(x + F.dropout(self.output(a), self.dropout))
        return self.norm2(x + F.dropout(self.down(F.gelu(self.up(x))), self.dropout))


def initialise(model):
    for module in model.modules():
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.trunc_normal_(module.weight, std=.02)
