"""A small vision Transformer whose patches einops cuts: which way do the stripes run?"""

import torch
import torch.nn.functional as F
from einops import einsum, pack, rearrange, reduce, repeat, unpack
from einops.layers.torch import Rearrange, Reduce
from torch import nn

SIZE, CHANNELS, CLASSES = 8, 3, 4


def pair(t):
    return t if isinstance(t, tuple) else (t, t)


def posemb_sincos_2d(h, w, dim, temperature=10000.0, dtype=None):
    y, x = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
    assert dim % 4 == 0, "feature dimension must be multiple of 4 for sincos emb"
    omega = torch.arange(dim // 4) / (dim // 4 - 1)
    omega = 1.0 / (temperature**omega)
    y = y.flatten()[:, None] * omega[None, :]
    x = x.flatten()[:, None] * omega[None, :]
    pe = torch.cat((x.sin(), x.cos(), y.sin(), y.cos()), dim=1)
    return pe.type(dtype or torch.get_default_dtype())


class FeedForward(nn.Module):
    def __init__(self, dim, hidden_dim):
        super().__init__()
        self.net = nn.Sequential(
            nn.LayerNorm(dim),
            nn.Linear(dim, hidden_dim),
            nn.ReLU(inplace=True),
            nn.Linear(hidden_dim, dim),
        )

    def forward(self, x):
        return self.net(x)


class Attention(nn.Module):
    def __init__(self, dim, heads=4, dim_head=8):
        super().__init__()
        self.heads, self.scale = heads, dim_head**-0.5
        self.norm = nn.LayerNorm(dim)
        self.to_qkv = nn.Linear(dim, 3 * heads * dim_head, bias=False)
        self.to_out = nn.Linear(heads * dim_head, dim, bias=False)

    def forward(self, x):
        qkv = self.to_qkv(self.norm(x)).chunk(3, dim=-1)
        q, k, v = (rearrange(t, "b n (h d) -> b h n d", h=self.heads) for t in qkv)
        q, k = F.normalize(q, dim=-1) * self.scale**-1, F.normalize(k, dim=-1)
        dots = einsum(q, k, "b h i d, b h j d -> b h i j")
        attn = dots.softmax(dim=-1)
        out = einsum(attn, v, "b h i j, b h j d -> b h i d")
        return self.to_out(rearrange(out, "b h n d -> b n (h d)"))


class ViT(nn.Module):
    def __init__(self, *, image_size, patch_size, num_classes, dim, depth, mlp_dim):
        super().__init__()
        (height, width), (p1, p2) = pair(image_size), pair(patch_size)
        self.to_patch_embedding = nn.Sequential(
            Rearrange("b c (h p1) (w p2) -> b (h w) (p1 p2 c)", p1=p1, p2=p2),
            nn.LayerNorm(CHANNELS * p1 * p2),
            nn.Linear(CHANNELS * p1 * p2, dim),
        )
        table = posemb_sincos_2d(height // p1, width // p2, dim)
        self.register_buffer("pos_embedding", table, persistent=False)
        self.cls_token = nn.Parameter(torch.randn(dim))
        self.registers = nn.Parameter(torch.randn(2, dim))
        self.layers = nn.ModuleList([])
        for _ in range(depth):
            self.layers.append(nn.ModuleList([Attention(dim), FeedForward(dim, mlp_dim)]))
        self.pool = Reduce("b n d -> b d", "mean")
        self.mlp_head = nn.Sequential(nn.LayerNorm(2 * dim), nn.Linear(2 * dim, num_classes))

    def forward(self, img):
        x = self.to_patch_embedding(img) + self.pos_embedding
        b = x.shape[0]
        cls_tokens = repeat(self.cls_token, "d -> b d", b=b)
        registers = repeat(self.registers, "n d -> b n d", b=b)
        x, shapes = pack([cls_tokens, x, registers], "b * d")
        for attn, ff in self.layers:
            x = attn(x) + x
            x = ff(x) + x
        cls_tokens, x, _ = unpack(x, shapes, "b * d")
        return self.mlp_head(torch.cat((cls_tokens, self.pool(x)), dim=-1))


def stripes(n):
    """Images of stripes in four directions, and the directions."""
    y, x = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    along = torch.stack((x, y, x + y, x - y))
    labels = torch.arange(n) % CLASSES
    phase = torch.linspace(0, 6, n)[:, None, None, None] + torch.arange(CHANNELS)[:, None, None]
    frequency = (1.0 + torch.arange(n) % 3).view(-1, 1, 1, 1) / 2
    images = torch.cos(along[labels].unsqueeze(1) * frequency + phase)
    return images / reduce(images.abs(), "b c h w -> b c 1 1", "max"), labels


def main(start=None, steps=20):
    model = ViT(
        image_size=SIZE, patch_size=(4, 2), num_classes=CLASSES, dim=16, depth=2, mlp_dim=32
    )
    if start is not None:
        model.load_state_dict(start)
    start = {name: value.clone() for name, value in model.state_dict().items()}
    decay = [p for p in model.parameters() if p.ndim >= 2]
    rest = [p for p in model.parameters() if p.ndim < 2]
    optimizer = torch.optim.RMSprop(
        [{"params": decay, "weight_decay": 1e-2}, {"params": rest}], lr=2e-3, eps=1e-3, momentum=0.5
    )
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.97)
    images, labels = stripes(48)
    losses = []
    for step in range(steps):
        lot = torch.arange(16) + 16 * (step % 3)
        logits = model(images[lot])
        loss = F.cross_entropy(logits, labels[lot])
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            first = logits.detach(), {n: p.grad.clone() for n, p in model.named_parameters()}
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    model.eval()
    with torch.inference_mode():
        last = model(images)
    confusion = torch.zeros(CLASSES, CLASSES, dtype=torch.long)
    pairs, counts = torch.unique(labels * CLASSES + last.argmax(axis=1), return_counts=True)
    confusion.view(-1)[pairs] = counts
    return {
        "start": start,
        "logits": first[0],
        "gradients": first[1],
        "losses": losses,
        "last logits": last.clone(),
        "confusion": confusion,
        "thumbnails": reduce(images, "b c (h 4) (w 4) -> (b h) (c w)", "mean"),
    }
