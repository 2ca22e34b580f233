"""A translator on `nn.Transformer`, of numbers in words into digits, in batches with padding."""

import math

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, TensorDataset

UNITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
TENS = ["ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
PAD_IDX, BOS_IDX, EOS_IDX = 0, 1, 2
SPECIAL = ["<pad>", "<bos>", "<eos>"]
SRC_VOCAB = {word: i for i, word in enumerate([*SPECIAL, *UNITS, *TENS])}
TGT_VOCAB = {word: i for i, word in enumerate([*SPECIAL, *"0123456789"])}
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def in_words(number):
    tens, units = divmod(number, 10)
    return [*([TENS[tens - 1]] if tens else []), *([UNITS[units]] if units or not tens else [])]


def tensor_transform(vocab, tokens):
    ids = [vocab[token] for token in tokens]
    return torch.cat((torch.tensor([BOS_IDX]), torch.tensor(ids), torch.tensor([EOS_IDX])))


def collate_fn(batch):
    numbers = [int(number) for (number,) in batch]
    src = [tensor_transform(SRC_VOCAB, in_words(number)) for number in numbers]
    tgt = [tensor_transform(TGT_VOCAB, str(number)) for number in numbers]
    return (
        pad_sequence(src, batch_first=True, padding_value=PAD_IDX),
        pad_sequence(tgt, batch_first=True, padding_value=PAD_IDX),
    )


class PositionalEncoding(nn.Module):
    def __init__(self, emb_size, dropout, maxlen=50):
        super().__init__()
        den = torch.exp(-torch.arange(0, emb_size, 2) * math.log(10000) / emb_size)
        pos = torch.arange(0, maxlen).reshape(maxlen, 1)
        pos_embedding = torch.zeros((maxlen, emb_size))
        pos_embedding[:, 0::2] = torch.sin(pos * den)
        pos_embedding[:, 1::2] = torch.cos(pos * den)
        self.dropout = nn.Dropout(dropout)
        self.register_buffer("pos_embedding", pos_embedding.unsqueeze(0))

    def forward(self, token_embedding):
        return self.dropout(token_embedding + self.pos_embedding[:, : token_embedding.size(1)])


class TokenEmbedding(nn.Module):
    def __init__(self, vocab_size, emb_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, emb_size, padding_idx=PAD_IDX)
        self.emb_size = emb_size

    def forward(self, tokens):
        return self.embedding(tokens.long()) * math.sqrt(self.emb_size)


class Seq2SeqTransformer(nn.Module):
    def __init__(self, layers, emb_size, nhead, dim_feedforward, dropout=0.0):
        super().__init__()
        self.transformer = nn.Transformer(
            d_model=emb_size,
            nhead=nhead,
            num_encoder_layers=layers,
            num_decoder_layers=layers,
            dim_feedforward=dim_feedforward,
            dropout=dropout,
            batch_first=True,
        )
        self.generator = nn.Linear(emb_size, len(TGT_VOCAB))
        self.src_tok_emb = TokenEmbedding(len(SRC_VOCAB), emb_size)
        self.tgt_tok_emb = TokenEmbedding(len(TGT_VOCAB), emb_size)
        self.positional_encoding = PositionalEncoding(emb_size, dropout=dropout)

    def forward(self, src, trg, src_mask, tgt_mask, src_padding_mask, tgt_padding_mask):
        src_emb = self.positional_encoding(self.src_tok_emb(src))
        tgt_emb = self.positional_encoding(self.tgt_tok_emb(trg))
        outs = self.transformer(
            src_emb,
            tgt_emb,
            src_mask,
            tgt_mask,
            None,
            src_padding_mask,
            tgt_padding_mask,
            memory_key_padding_mask=src_padding_mask,
        )
        return self.generator(outs)

    def encode(self, src, src_mask):
        return self.transformer.encoder(self.positional_encoding(self.src_tok_emb(src)), src_mask)

    def decode(self, tgt, memory, tgt_mask):
        return self.transformer.decoder(
            self.positional_encoding(self.tgt_tok_emb(tgt)), memory, tgt_mask
        )


def generate_square_subsequent_mask(size):
    mask = (torch.triu(torch.ones((size, size), device=DEVICE)) == 1).transpose(0, 1)
    mask = mask.to(torch.get_default_dtype())
    return mask.masked_fill(mask == 0, float("-inf")).masked_fill(mask == 1, 0.0)


def create_mask(src, tgt):
    tgt_mask = generate_square_subsequent_mask(tgt.shape[1])
    src_mask = torch.zeros((src.shape[1], src.shape[1]), device=DEVICE).type(torch.bool)
    padding = [tokens == PAD_IDX for tokens in (src, tgt)]
    return src_mask, tgt_mask == -torch.inf, *padding


@torch.no_grad()
def greedy_decode(model, src, max_len):
    src_mask = torch.zeros(src.shape[1], src.shape[1]).type(torch.bool)
    memory = model.encode(src.to(DEVICE), src_mask.to(DEVICE))
    ys = torch.ones(1, 1).fill_(BOS_IDX).type(torch.long).to(DEVICE)
    for _ in range(max_len - 1):
        mask = nn.Transformer.generate_square_subsequent_mask(
            ys.size(1), dtype=torch.get_default_dtype()
        )
        out = model.decode(ys, memory, mask)
        _, next_word = torch.max(model.generator(out[:, -1]), dim=1)
        next_word = next_word.item()
        ys = torch.cat([ys, torch.ones(1, 1).type_as(src.data).fill_(next_word)], dim=1)
        if next_word == EOS_IDX:
            break
    return ys.flatten().tolist()


def main(start=None, steps=20):
    model = Seq2SeqTransformer(layers=2, emb_size=16, nhead=4, dim_feedforward=32).to(DEVICE)
    for p in model.parameters():
        if p.dim() > 1:
            nn.init.xavier_uniform_(p)
    if start is not None:
        model.load_state_dict(start)
    start = {name: value.clone() for name, value in model.state_dict().items()}
    numbers = TensorDataset(torch.arange(100) * 37 % 100)
    loader = DataLoader(numbers, batch_size=10, collate_fn=collate_fn)
    loss_fn = nn.CrossEntropyLoss(ignore_index=PAD_IDX, label_smoothing=0.05)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3, betas=(0.9, 0.98), eps=1e-3)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=2e-2, total_steps=steps)
    model.train()
    losses, rates, first = [], [], None
    for _ in range(steps // len(loader)):
        for src, tgt in loader:
            tgt_input, tgt_out = tgt[:, :-1], tgt[:, 1:]
            logits = model(src, tgt_input, *create_mask(src, tgt_input))
            optimizer.zero_grad()
            loss = loss_fn(logits.reshape(-1, logits.shape[-1]), tgt_out.reshape(-1))
            loss.backward()
            if first is None:
                first = logits.detach(), {n: p.grad.clone() for n, p in model.named_parameters()}
            nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
            optimizer.step()
            rates.append(scheduler.get_last_lr()[0])
            scheduler.step()
            losses.append(loss.item())
    model.eval()
    decoded = []
    for number in (7, 40, 86):
        src = tensor_transform(SRC_VOCAB, in_words(number)).view(1, -1)
        decoded += greedy_decode(model, src, max_len=5)
    return {
        "start": start,
        "logits": first[0],
        "gradients": first[1],
        "losses": losses,
        "rates": rates,
        "last": {name: value.clone() for name, value in model.state_dict().items()},
        "decoded": decoded,
    }
