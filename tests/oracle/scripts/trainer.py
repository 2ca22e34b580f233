"""A trainer in the style of those that teach it: which of two numbers is larger, digit by digit?"""

import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_
from torch.utils.data import DataLoader, Dataset, Sampler

DIGITS = 2


class Comparisons(Dataset):
    """Two numbers, written one after the other; the answer is 0 for <, 1 for = and 2 for >."""

    def __init__(self, split):
        pairs = [(a, b) for a in range(0, 100, 7) for b in range(0, 100, 9)]
        self.pairs = [pair for i, pair in enumerate(pairs) if (i % 5 == 0) == (split == "test")]

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, i):
        a, b = self.pairs[i]
        digits = [int(c) for c in f"{a:02d}{b:02d}"]
        return torch.tensor(digits, dtype=torch.long), torch.tensor(1 + (a > b) - (a < b))


class Strided(Sampler):
    """Each example once, in an order that is not theirs and no matter of chance."""

    def __init__(self, data_source):
        self.n = len(data_source)

    def __iter__(self):
        return iter([(i * 29 + 3) % self.n for i in range(self.n)])

    def __len__(self):
        return self.n


class Classifier(nn.Module):
    def __init__(self, width=12):
        super().__init__()
        self.embedding = nn.Embedding(10, width)
        self.position = nn.Parameter(torch.zeros(2 * DIGITS, width))
        self.layers = nn.Sequential(
            nn.Linear(2 * DIGITS * width, 32),
            nn.GELU(),
            nn.LayerNorm(32),
            nn.Dropout(p=0.0),
            nn.Linear(32, 3),
        )

    def forward(self, x):
        return self.layers((self.embedding(x) + self.position).flatten(1))


class Trainer:
    def __init__(self, model, train_dataset, batch_size=16):
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.model = model.to(self.device)
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(
            model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4, nesterov=True
        )
        self.scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, T_max=20)
        self.loader = DataLoader(
            train_dataset,
            sampler=Strided(train_dataset),
            shuffle=False,
            batch_size=batch_size,
            num_workers=0,
            drop_last=True,
        )

    def run(self, steps):
        model, self.losses, self.norms, self.first = self.model, [], [], None
        model.train()
        data_iter = iter(self.loader)
        for _ in range(steps):
            try:
                batch = next(data_iter)
            except StopIteration:
                data_iter = iter(self.loader)
                batch = next(data_iter)
            x, y = [t.to(self.device) for t in batch]
            logits = model(x)
            loss = self.criterion(logits, y)
            model.zero_grad(set_to_none=True)
            loss.backward()
            if self.first is None:
                gradients = {n: p.grad.clone() for n, p in model.named_parameters()}
                self.first = logits.detach(), gradients
            norm = clip_grad_norm_(model.parameters(), 0.5)
            self.optimizer.step()
            self.scheduler.step()
            self.losses.append(loss.item())
            self.norms.append(float(norm))

    @torch.no_grad()
    def evaluate(self, dataset):
        self.model.eval()
        right, total, logits = 0, 0, []
        for x, y in DataLoader(dataset, batch_size=10):
            logits.append(self.model(x))
            right += (logits[-1].argmax(dim=-1) == y).float().sum().item()
            total += y.size(0)
        return right / total, torch.cat(logits)


def main(start=None, steps=20):
    torch.manual_seed(0)
    model = Classifier()
    if start is not None:
        model.load_state_dict(start)
    start = {name: value.clone() for name, value in model.state_dict().items()}
    trainer = Trainer(model, Comparisons("train"))
    trainer.run(steps)
    accuracy, last = trainer.evaluate(Comparisons("test"))
    return {
        "start": start,
        "logits": trainer.first[0],
        "gradients": trainer.first[1],
        "losses": trainer.losses,
        "norms": trainer.norms,
        "last logits": last,
        "accuracy": accuracy,
        "rate": trainer.scheduler.get_last_lr(),
    }
