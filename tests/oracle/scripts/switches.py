"""A trainer with all its switches: mixed precision, compiling, logging, saving and going on."""

import argparse
import contextlib
import io
import math
import tempfile
import warnings

import torch
import torch.backends.cudnn as cudnn
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

try:
    from torch.utils.tensorboard import SummaryWriter
except ImportError:
    SummaryWriter = None

parser = argparse.ArgumentParser()
parser.add_argument("--batch-size", type=int, default=16)
parser.add_argument("--accumulate", type=int, default=2)
parser.add_argument("--lr", type=float, default=2e-2)
parser.add_argument("--warmup", type=int, default=5)
parser.add_argument("--dtype", default="bfloat16", choices=["float32", "bfloat16", "float16"])
parser.add_argument("--no-compile", dest="compile", action="store_false")

device = "cuda" if torch.cuda.is_available() else "cpu"
torch.backends.cuda.matmul.allow_tf32 = False
if device == "cuda":
    cudnn.benchmark, cudnn.deterministic = False, True
torch.set_float32_matmul_precision("highest")


class Net(nn.Module):
    """Has a number, in binary, more ones than zeros?"""

    def __init__(self, bits=6, width=24):
        super().__init__()
        self.embed = nn.Embedding(2, width)
        self.pos = nn.Parameter(torch.randn(bits, width) * 0.02)
        self.encoder = nn.TransformerEncoder(
            nn.TransformerEncoderLayer(
                width, 4, 2 * width, dropout=0.0, activation="gelu", batch_first=True,
                norm_first=True,
            ),
            num_layers=1,
            norm=nn.LayerNorm(width),
            enable_nested_tensor=False,
        )  # fmt: skip
        self.head = nn.Linear(width, 2)
        self.head.no_decay = True
        self.pos.no_decay = True

    def forward(self, x):
        return self.head(self.encoder(self.embed(x) + self.pos).mean(axis=1))


def majority(n=64, bits=6):
    numbers = torch.arange(n) * 37 % n
    x = torch.div(numbers.unsqueeze(1), 2 ** torch.arange(bits), rounding_mode="floor") % 2
    return TensorDataset(x.long(), (x.sum(axis=-1) > bits / 2).type(torch.LongTensor))


class Trainer:
    def __init__(self, model, args, writer=None):
        self.args, self.writer = args, writer
        self.model = model.to(device)
        if torch.cuda.device_count() > 1:
            self.model = nn.DataParallel(self.model)
        decay = [p for p in model.parameters() if not getattr(p, "no_decay", False)]
        rest = [p for p in model.parameters() if getattr(p, "no_decay", False)]
        self.optimizer = torch.optim.AdamW(
            [{"params": decay, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}],
            lr=args.lr, betas=(0.9, 0.95), eps=1e-3, fused=device == "cuda",
        )  # fmt: skip
        self.scheduler = torch.optim.lr_scheduler.LambdaLR(self.optimizer, self.rate)
        self.scaler = torch.amp.GradScaler(device, enabled=device == "cuda")
        ptdtype = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
        self.ctx = (
            contextlib.nullcontext()
            if args.dtype == "float32"
            else torch.autocast(
                device_type=device, dtype=ptdtype[args.dtype], enabled=device == "cuda"
            )
        )
        self.compute = (
            torch.compile(self.loss, disable=device == "cpu") if args.compile else self.loss
        )
        self.step, self.losses, self.first = 0, [], None

    def rate(self, step):
        if step < self.args.warmup:
            return (step + 1) / self.args.warmup
        return 0.5 * (1.0 + math.cos(math.pi * min(1.0, step / 40)))

    def loss(self, x, y):
        logits = self.model(x)
        return logits, F.cross_entropy(logits, y)

    def train(self, loader, steps):
        self.model.train()
        batches = iter(loader)
        for _ in range(steps):
            self.optimizer.zero_grad(set_to_none=True)
            total = 0.0
            for _ in range(self.args.accumulate):
                batch = next(batches, None)
                if batch is None:
                    batches = iter(loader)
                    batch = next(batches)
                x, y = (t.to(device, non_blocking=True) for t in batch)
                with self.ctx:
                    logits, loss = self.compute(x, y)
                    loss = loss / self.args.accumulate
                self.scaler.scale(loss).backward()
                total += loss.item()
            self.scaler.unscale_(self.optimizer)
            norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0, foreach=False)
            if self.first is None:
                gradients = {n: p.grad.clone() for n, p in self.model.named_parameters()}
                self.first = logits.detach().float().cpu(), gradients
            self.scaler.step(self.optimizer)
            self.scaler.update()
            self.scheduler.step()
            if device == "cuda":
                torch.cuda.synchronize()
            if self.writer is not None:
                self.writer.add_scalar("loss/train", total, self.step)
                self.writer.add_scalars(
                    "more", {"norm": norm, "lr": self.rate(self.step)}, self.step
                )
            self.losses.append(total)
            self.step += 1
        torch.cuda.empty_cache()

    @torch.inference_mode()
    def evaluate(self, loader):
        self.model.eval()
        logits = torch.cat([self.model(x) for x, _ in loader])
        right = sum((self.model(x).argmax(1) == y).sum().item() for x, y in loader)
        return right / len(loader.dataset), logits

    def save(self, f):
        torch.save(
            {
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "scheduler": self.scheduler.state_dict(),
                "scaler": self.scaler.state_dict(),
                "args": vars(self.args),
                "step": self.step,
            },
            f,
        )

    def load(self, f):
        checkpoint = torch.load(f, map_location=device, weights_only=True)
        self.model.load_state_dict(checkpoint["model"], strict=True)
        self.optimizer.load_state_dict(checkpoint["optimizer"])
        self.scheduler.load_state_dict(checkpoint["scheduler"])
        self.scaler.load_state_dict(checkpoint["scaler"])
        self.step = checkpoint["step"]
        return argparse.Namespace(**checkpoint["args"])


def main(start=None, steps=20):
    torch.manual_seed(1337)
    torch.cuda.manual_seed_all(1337)
    args = parser.parse_args([])
    model = Net()
    if start is not None:
        model.load_state_dict(start)
    start = {name: value.clone() for name, value in model.state_dict().items()}
    loader = DataLoader(
        majority(), batch_size=args.batch_size, num_workers=0, pin_memory=device == "cuda",
        persistent_workers=False, drop_last=True,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a writer may say that there is no tensorboard
        writer = SummaryWriter(log_dir=folder) if SummaryWriter is not None else None
        trainer = Trainer(model, args, writer)
        trainer.train(loader, steps // 2)
        memory = io.BytesIO()
        trainer.save(memory)
        if writer is not None:
            writer.add_histogram("head", model.head.weight, trainer.step)
            writer.flush()
            writer.close()
    memory.seek(0)
    resumed = Trainer(Net(), args)
    assert resumed.load(memory) == args
    resumed.train(loader, steps - steps // 2)
    trainer.train(loader, steps - steps // 2)
    accuracy, last = resumed.evaluate(loader)
    assert trainer.losses[steps // 2 :] == resumed.losses
    return {
        "start": start,
        "logits": trainer.first[0],
        "gradients": trainer.first[1],
        "losses": trainer.losses,
        "last logits": last.clone(),
        "accuracy": accuracy,
        "rates": [group["lr"] for group in resumed.optimizer.param_groups],
    }
