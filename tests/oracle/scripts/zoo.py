"""Character-level models side by side, from counting pairs to a Transformer, learning names."""

import math
from dataclasses import dataclass

import torch
import torch.nn as nn
from torch.nn import functional as F
from torch.utils.data import Dataset
from torch.utils.data.dataloader import DataLoader

NAMES = """anna lena emil nora paula jonas ida karl greta theo marta otto lina felix alma bruno
clara hugo elsa oskar frida anton johanna moritz mathilda leon helene jakob rosa konrad"""


@dataclass
class Config:
    block_size: int
    vocab_size: int
    n_layer: int = 2
    n_embd: int = 16
    n_embd2: int = 24
    n_head: int = 4


class CharDataset(Dataset):
    """Words as token 1, 2, … for their characters, between 0s; where nothing follows, -1."""

    def __init__(self, words):
        self.words = words
        self.chars = sorted(set("".join(words)))
        self.longest = max(len(w) for w in words)
        self.stoi = {ch: i + 1 for i, ch in enumerate(self.chars)}
        self.itos = {i: ch for ch, i in self.stoi.items()}

    def __len__(self):
        return len(self.words)

    def __getitem__(self, idx):
        ix = torch.tensor([self.stoi[ch] for ch in self.words[idx]], dtype=torch.long)
        x = torch.zeros(self.longest + 1, dtype=torch.long)
        y = torch.zeros(self.longest + 1, dtype=torch.long)
        x[1 : 1 + len(ix)] = ix
        y[: len(ix)] = ix
        y[len(ix) + 1 :] = -1
        return x, y


class Endless:
    """Batches without end."""

    def __init__(self, dataset, **kwargs):
        self.loader = DataLoader(dataset, **kwargs)
        self.iter = iter(self.loader)

    def next(self):
        try:
            return next(self.iter)
        except StopIteration:
            self.iter = iter(self.loader)
            return next(self.iter)


class Model(nn.Module):
    """What all have in common: logits to a loss."""

    def __init__(self, config):
        super().__init__()
        self.block_size = config.block_size

    def forward(self, idx, targets=None):
        logits = self.logits(idx)
        loss = None
        if targets is not None:
            flat = logits.view(-1, logits.size(-1))
            loss = F.cross_entropy(flat, targets.view(-1), ignore_index=-1)
        return logits, loss


class Bigram(Model):
    """A table: the logits of what follows each character."""

    def __init__(self, config):
        super().__init__(config)
        self.table = nn.Parameter(torch.zeros((config.vocab_size, config.vocab_size)))

    def logits(self, idx):
        return self.table[idx]


class MLP(Model):
    """The embeddings of the last characters, side by side, through a hidden layer."""

    def __init__(self, config):
        super().__init__(config)
        self.wte = nn.Embedding(config.vocab_size + 1, config.n_embd)
        self.blank = config.vocab_size
        self.mlp = nn.Sequential(
            nn.Linear(3 * config.n_embd, config.n_embd2),
            nn.Tanh(),
            nn.Linear(config.n_embd2, config.vocab_size),
        )

    def logits(self, idx):
        embs = []
        for _ in range(3):
            embs.append(self.wte(idx))
            idx = torch.roll(idx, 1, 1)
            idx[:, 0] = self.blank
        return self.mlp(torch.cat(embs, -1))


class CausalBoW(nn.Module):
    """The mean of all vectors so far."""

    def __init__(self, config):
        super().__init__()
        ones = torch.ones(config.block_size, config.block_size)
        self.register_buffer("bias", torch.tril(ones).unsqueeze(0), persistent=False)

    def forward(self, x):
        B, T, _ = x.size()
        att = torch.zeros((B, T, T), device=x.device)
        att = att.masked_fill(self.bias[:, :T, :T] == 0, float("-inf"))
        return F.softmax(att, dim=-1) @ x


class BagOfWords(Model):
    def __init__(self, config):
        super().__init__(config)
        self.wte = nn.Embedding(config.vocab_size, config.n_embd)
        self.wpe = nn.Embedding(config.block_size, config.n_embd)
        self.bag = CausalBoW(config)
        self.mlp = nn.ModuleDict(
            {
                "c_fc": nn.Linear(config.n_embd, config.n_embd2),
                "c_proj": nn.Linear(config.n_embd2, config.n_embd),
            }
        )
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size)

    def logits(self, idx):
        pos = torch.arange(0, idx.size(1), dtype=torch.long, device=idx.device).unsqueeze(0)
        x = self.wte(idx) + self.wpe(pos)
        x = x + self.bag(x)
        x = x + self.mlp.c_proj(F.tanh(self.mlp.c_fc(x)))
        return self.lm_head(x)


class GELU(nn.Module):
    def forward(self, x):
        cubed = x + 0.044715 * torch.pow(x, 3.0)
        return 0.5 * x * (1.0 + torch.tanh(math.sqrt(2.0 / torch.pi) * cubed))


class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.n_head, C = config.n_head, config.n_embd
        self.ln_1, self.ln_2 = nn.LayerNorm(C), nn.LayerNorm(C)
        self.c_attn, self.c_proj = nn.Linear(C, 3 * C), nn.Linear(C, C)
        self.mlp = nn.Sequential(nn.Linear(C, 4 * C), GELU(), nn.Linear(4 * C, C))
        mask = torch.ones(config.block_size, config.block_size, dtype=torch.bool).triu(diagonal=1)
        self.register_buffer("mask", mask)

    def attend(self, x):
        B, T, C = x.size()
        shape = (B, T, self.n_head, C // self.n_head)
        q, k, v = (y.view(shape).swapaxes(1, 2) for y in self.c_attn(x).chunk(3, dim=-1))
        att = (q @ k.transpose(-2, -1)) / math.sqrt(k.size(-1))
        att.masked_fill_(self.mask[:T, :T], -torch.inf)
        return self.c_proj((att.softmax(dim=-1) @ v).swapaxes(1, 2).reshape(B, T, C))

    def forward(self, x):
        x = x + self.attend(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Transformer(Model):
    def __init__(self, config):
        super().__init__(config)
        self.wte = nn.Embedding(config.vocab_size, config.n_embd)
        self.wpe = nn.Embedding(config.block_size, config.n_embd)
        self.h = nn.Sequential(*[Block(config) for _ in range(config.n_layer)])
        self.ln_f = nn.LayerNorm(config.n_embd)
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)

    def logits(self, idx):
        pos = torch.arange(idx.size(1), device=idx.device)
        return self.lm_head(self.ln_f(self.h(self.wte(idx) + self.wpe(pos))))


@torch.no_grad()
def generate(model, idx, max_new_tokens, temperature=1.0, do_sample=False, top_k=None):
    for _ in range(max_new_tokens):
        logits, _ = model(idx[:, -model.block_size :])
        logits = logits[:, -1, :] / temperature
        if top_k is not None:
            v, _ = torch.topk(logits, top_k)
            logits[logits < v[:, [-1]]] = -float("Inf")
        probs = F.softmax(logits, dim=-1)
        if do_sample:
            idx_next = torch.multinomial(probs, num_samples=1)
        else:
            _, idx_next = torch.topk(probs, k=1, dim=-1)
        idx = torch.cat((idx, idx_next), dim=1)
    return idx


@torch.inference_mode()
def evaluate(model, dataset, batch_size=10):
    model.eval()
    losses = [model(*batch)[1] for batch in DataLoader(dataset, batch_size=batch_size)]
    model.train()
    return torch.tensor([loss.item() for loss in losses]).mean().item()


def main(start=None, steps=20):
    words = CharDataset(NAMES.split())
    config = Config(block_size=words.longest + 1, vocab_size=len(words.chars) + 1)
    zoo = {
        "bigram": Bigram(config),
        "mlp": MLP(config),
        "bow": BagOfWords(config),
        "transformer": Transformer(config),
    }
    if start is not None:
        for name, model in zoo.items():
            model.load_state_dict(start[name])
    start = {n: {k: v.clone() for k, v in m.state_dict().items()} for n, m in zoo.items()}
    each, found = {}, {}
    for name, model in zoo.items():
        loader = Endless(
            words,
            shuffle=False,
            batch_size=8,
            num_workers=0,
            pin_memory=torch.cuda.is_available(),
        )
        optimizer = torch.optim.AdamW(
            model.parameters(), lr=1e-2, weight_decay=0.01, betas=(0.9, 0.99), eps=1e-3
        )
        each[name] = []
        for step in range(steps):
            batch = [t.to("cpu") for t in loader.next()]
            logits, loss = model(*batch)
            model.zero_grad(set_to_none=True)
            loss.backward()
            if step == 0:
                found[name] = {"logits": logits.detach()}
                found[name] |= {n: p.grad.clone() for n, p in model.named_parameters()}
            optimizer.step()
            each[name].append(loss.item())
        prompt = torch.zeros(3, 1, dtype=torch.long)
        prompt[:, 0] = torch.tensor([0, words.stoi["k"], words.stoi["m"]])
        found[name]["greedy"] = generate(model, prompt, words.longest)
        found[name]["one way to sample"] = generate(model, prompt, 4, do_sample=True, top_k=1)
    return {
        "start": start,
        "losses": [sum(losses) / len(zoo) for losses in zip(*each.values(), strict=True)],
        "each": each,
        "found": found,
        "evaluated": {name: evaluate(model, words) for name, model in zoo.items()},
        "parameters": {name: sum(p.numel() for p in m.parameters()) for name, m in zoo.items()},
        "a word": "".join(words.itos.get(i, ".") for i in words[3][0].tolist()),
    }
