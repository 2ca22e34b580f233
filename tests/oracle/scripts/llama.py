"""A model in the style of Llama with the weights frozen, which LoRA adapts to a new text."""

import math
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass
class ModelArgs:
    dim: int = 16
    n_layers: int = 2
    n_heads: int = 4
    n_kv_heads: int | None = 2
    vocab_size: int = 23
    multiple_of: int = 8
    norm_eps: float = 1e-5
    max_batch_size: int = 4
    max_seq_len: int = 16
    lora_rank: int = 4
    lora_alpha: float = 8.0


class RMSNorm(nn.Module):
    def __init__(self, dim, eps):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(dim))

    def _norm(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdims=True) + self.eps)

    def forward(self, x):
        return self._norm(x).type_as(x) * self.weight


def precompute_freqs(dim, end, theta=10000.0):
    freqs = 1.0 / (theta ** (torch.arange(0, dim, 2)[: (dim // 2)] / dim))
    freqs = torch.outer(torch.arange(end), freqs)
    return torch.cos(freqs), torch.sin(freqs)


def reshape_for_broadcast(freqs, x):
    assert freqs.shape == (x.shape[1], x.shape[-1])
    shape = [d if i in (1, x.ndim - 1) else 1 for i, d in enumerate(x.shape)]
    return freqs.view(shape)


def apply_rotary_emb(xq, xk, freqs_cos, freqs_sin):
    """Turn each pair of dimensions; in reals, since (a + bi)(cos + i sin) is two lines of them."""
    turned = []
    for x in (xq, xk):
        a, b = x.reshape(*x.shape[:-1], -1, 2).unbind(-1)
        cos, sin = (reshape_for_broadcast(f, a) for f in (freqs_cos, freqs_sin))
        turned.append(torch.stack([a * cos - b * sin, a * sin + b * cos], dim=-1).flatten(3))
    return turned


class LoRALinear(nn.Linear):
    """A linear layer whose weight is frozen, and a product of two thin matrices beside it."""

    def __init__(self, in_features, out_features, rank, alpha):
        super().__init__(in_features, out_features, bias=False)
        self.lora_A = nn.Parameter(self.weight.new_zeros((rank, in_features)))
        self.lora_B = nn.Parameter(self.weight.new_zeros((out_features, rank)))
        self.scaling = alpha / rank
        self.merged = False
        nn.init.kaiming_uniform_(self.lora_A, a=math.sqrt(5))

    def train(self, mode=True):
        super().train(mode)
        if mode == self.merged:
            delta = (self.lora_B @ self.lora_A) * self.scaling
            self.weight.data += -delta if mode else delta
            self.merged = not mode
        return self

    def forward(self, x):
        out = F.linear(x, self.weight)
        if self.merged:
            return out
        return out + (x @ self.lora_A.T @ self.lora_B.T) * self.scaling


class Attention(nn.Module):
    def __init__(self, args):
        super().__init__()
        self.n_kv_heads = args.n_heads if args.n_kv_heads is None else args.n_kv_heads
        self.n_heads, self.head_dim = args.n_heads, args.dim // args.n_heads
        self.n_rep = self.n_heads // self.n_kv_heads
        lora = args.lora_rank, args.lora_alpha
        self.wq = LoRALinear(args.dim, args.n_heads * self.head_dim, *lora)
        self.wk = nn.Linear(args.dim, self.n_kv_heads * self.head_dim, bias=False)
        self.wv = LoRALinear(args.dim, self.n_kv_heads * self.head_dim, *lora)
        self.wo = nn.Linear(args.n_heads * self.head_dim, args.dim, bias=False)
        shape = (args.max_batch_size, args.max_seq_len, self.n_kv_heads, self.head_dim)
        self.register_buffer("cache_k", torch.zeros(shape), persistent=False)
        self.register_buffer("cache_v", torch.zeros(shape), persistent=False)

    def forward(self, x, freqs_cos, freqs_sin, mask=None, start_pos=None):
        bsz, seqlen, _ = x.shape
        xq = self.wq(x).view(bsz, seqlen, self.n_heads, self.head_dim)
        xk = self.wk(x).view(bsz, seqlen, self.n_kv_heads, self.head_dim)
        xv = self.wv(x).view(bsz, seqlen, self.n_kv_heads, self.head_dim)
        xq, xk = apply_rotary_emb(xq, xk, freqs_cos, freqs_sin)
        if start_pos is not None:
            end = start_pos + seqlen
            self.cache_k[:bsz, start_pos:end] = xk
            self.cache_v[:bsz, start_pos:end] = xv
            xk, xv = self.cache_k[:bsz, :end], self.cache_v[:bsz, :end]
        xk = torch.repeat_interleave(xk, self.n_rep, dim=2)
        xv = xv.repeat_interleave(self.n_rep, dim=2)
        xq, xk, xv = (t.transpose(1, 2) for t in (xq, xk, xv))
        scores = xq @ xk.transpose(2, 3) / math.sqrt(self.head_dim)
        if mask is not None:
            scores = scores + mask[:, :, -seqlen:, : xk.size(2)]
        output = F.softmax(scores, dim=-1).type_as(xq) @ xv
        return self.wo(output.transpose(1, 2).contiguous().view(bsz, seqlen, -1))


class FeedForward(nn.Module):
    def __init__(self, dim, multiple_of):
        super().__init__()
        hidden_dim = int(2 * 4 * dim / 3)
        hidden_dim = multiple_of * ((hidden_dim + multiple_of - 1) // multiple_of)
        self.w1 = nn.Linear(dim, hidden_dim, bias=False)
        self.w2 = nn.Linear(hidden_dim, dim, bias=False)
        self.w3 = nn.Linear(dim, hidden_dim, bias=False)

    def forward(self, x):
        return self.w2(F.silu(self.w1(x), inplace=True) * self.w3(x))


class TransformerBlock(nn.Module):
    def __init__(self, args):
        super().__init__()
        self.attention = Attention(args)
        self.feed_forward = FeedForward(args.dim, args.multiple_of)
        self.attention_norm = RMSNorm(args.dim, eps=args.norm_eps)
        self.ffn_norm = RMSNorm(args.dim, eps=args.norm_eps)

    def forward(self, x, *positions, **cache):
        h = x + self.attention(self.attention_norm(x), *positions, **cache)
        return h + self.feed_forward(self.ffn_norm(h))


class Transformer(nn.Module):
    def __init__(self, params):
        super().__init__()
        self.params = params
        self.tok_embeddings = nn.Embedding(params.vocab_size, params.dim)
        self.layers = nn.ModuleList(TransformerBlock(params) for _ in range(params.n_layers))
        self.norm = RMSNorm(params.dim, eps=params.norm_eps)
        self.output = nn.Linear(params.dim, params.vocab_size, bias=False)
        self.tok_embeddings.weight = self.output.weight
        cos, sin = precompute_freqs(params.dim // params.n_heads, params.max_seq_len)
        self.register_buffer("freqs_cos", cos, persistent=False)
        self.register_buffer("freqs_sin", sin, persistent=False)
        mask = torch.full((1, 1, params.max_seq_len, params.max_seq_len), float("-inf"))
        self.register_buffer("mask", torch.triu(mask, diagonal=1), persistent=False)

    def forward(self, tokens, start_pos=None):
        _, seqlen = tokens.shape
        here = slice(start_pos or 0, (start_pos or 0) + seqlen)
        h = self.tok_embeddings(tokens)
        mask = self.mask[:, :, here, : here.stop] if seqlen > 1 else None
        for layer in self.layers:
            h = layer(h, self.freqs_cos[here], self.freqs_sin[here], mask, start_pos=start_pos)
        return self.output(self.norm(h))

    @torch.inference_mode()
    def generate(self, idx, max_new_tokens, use_cache=True):
        logits = self(idx, start_pos=0) if use_cache else self(idx)
        for _ in range(max_new_tokens):
            idx_next = logits[:, -1].argmax(dim=-1, keepdim=True)
            idx = torch.cat((idx, idx_next), dim=1)
            logits = self(idx_next, start_pos=idx.size(1) - 1) if use_cache else self(idx)
        return idx, logits[:, -1]


def mark_only_lora_as_trainable(model):
    for n, p in model.named_parameters():
        if "lora_" not in n:
            p.requires_grad = False


def lora_state_dict(model):
    return {k: v for k, v in model.state_dict().items() if "lora_" in k}


def batch(step, args, length=10):
    first = torch.arange(4).unsqueeze(1) * 5 + step
    tokens = (first + 3 * torch.arange(length + 1)) % args.vocab_size
    return tokens[:, :-1], tokens[:, 1:].contiguous()


def main(start=None, steps=20):
    args = ModelArgs()
    model = Transformer(args)
    if start is not None:
        model.load_state_dict(start)
    start = {name: value.clone() for name, value in model.state_dict().items()}
    mark_only_lora_as_trainable(model)
    trainable = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trainable, lr=0.1, betas=(0.9, 0.95), eps=1e-3)
    model.train()
    losses = []
    for step in range(steps):
        x, y = batch(step, args)
        logits = model(x)
        loss = F.cross_entropy(logits.view(-1, logits.size(-1)), y.view(-1))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if step == 0:
            gradients = {n: p.grad.clone() for n, p in model.named_parameters() if p.requires_grad}
            first = logits.detach(), gradients
        torch.nn.utils.clip_grad_norm_(trainable, 1.0)
        optimizer.step()
        losses.append(loss.item())
    adapted = {name: value.clone() for name, value in lora_state_dict(model).items()}
    model.eval()  # merges
    prompt = batch(0, args)[0][:, :5]
    with_cache, last = model.generate(prompt, 8)
    without, again = model.generate(prompt, 8, use_cache=False)
    assert torch.equal(with_cache, without)
    assert torch.allclose(last, again, atol=1e-5)
    merged = model.layers[0].attention.wq.weight.detach().clone()
    model.train()
    return {
        "start": start,
        "logits": first[0],
        "gradients": first[1],
        "losses": losses,
        "adapted": adapted,
        "merged": merged,
        "unmerged": model.layers[0].attention.wq.weight.detach().clone(),
        "generated": with_cache,
        "last logits": last.clone(),
        "trainable": sum(p.numel() for p in trainable),
    }
