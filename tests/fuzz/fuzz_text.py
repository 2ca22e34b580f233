"""Fuzzing of all that reads a user's text: it answers, or raises the error that it documents.

    python tests/fuzz/fuzz_text.py --minutes 10 --seed 0

A finding is an input that makes a reader raise another error, or take longer than two seconds, or
break its promise: what a tokenizer encodes comes back, what a task takes it can encode, and so on.
The last line says how many inputs were tried and how many findings there were; the exit code is 1
if there was one.
"""

from __future__ import annotations

import argparse
import codecs
import io
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from transformer.cli import main
from transformer.cli.flags import number, seed, whole_number
from transformer.cli.flags import text as text_flag
from transformer.decoding.strategy import Decoding
from transformer.tasks import TASKS, Characters
from transformer.text import BytePairTokenizer, CharTokenizer, GPT2Tokenizer, WordTokenizer
from transformer.text.bpe import PRINTABLE

SLOW = 2.0  # seconds of computing
CHARACTERS = CharTokenizer("0123456789+=abc ")
WORDS = WordTokenizer(["the", "cat", "a", "b", "c", "猫", "+", "1", "2"])
PAIRS = BytePairTokenizer.learn("low lower lowest new newer newest 猫 猫猫 12 123 \n\n", 280)
MERGES = [("t", "h"), ("th", "e"), ("Ġ", "the"), ("1", "2"), ("é", "Ń"), ("Ġ", "Ġ")]
VOCAB = [*PRINTABLE, *(a + b for a, b in MERGES), "</s>"]
GPT2 = GPT2Tokenizer({token: i for i, token in enumerate(VOCAB)}, MERGES, {"</s>": 262}, {"</s>"})
CUTS = Path(tempfile.mkdtemp(prefix="fuzz-")) / "bpe.json"
PAIRS.save(CUTS)
SAVED = CUTS.read_bytes()
READERS = {name: kind() for name, kind in TASKS.items()}

# Pieces that users' texts are made of, and those that break readers.
PIECES = [
    *"0123456789+=-*/.,;:eE_$%'\"\\<>()[]{}#&|~`^!? abchijxyzABC",
    *"\n\r\t\v\f\0\x1b\x7f\x85\xa0\u2028\u2029\u200b\u200d\ufeff\u3000\ud800\udfff\uffff",
    *"０１２²½①Ⅷ٣猫月日年İıßſﬁ😀é́",
    "\r\n", "1e400", "nan", "inf", "-0", "0x10", "1_000", "9" * 30, "</s>", "<s>", "<pad>", "___",
    "the", "cat", "girl", "milk", "drinks", "yesterday", "three", "hundred", "and", "ninety-nine",
    "thousand", "Monday", "January", "5", "2026", "12+34", "77+30", "hadbc", "{x}", "%s", "[red]",
]  # fmt: skip


def draw_text(rng: random.Random) -> str:
    """Draw a text: mostly of the pieces, sometimes of any characters, sometimes a long one."""
    n = min(int(rng.expovariate(1 / 6)), 60)
    if rng.random() < 0.15:
        return "".join(chr(rng.randrange(0x110000)) for _ in range(n))
    text = rng.choice(["", "", " "]).join(rng.choice(PIECES) for _ in range(n))
    return text * rng.choice([100, 3000]) if rng.random() < 0.01 else text


def draw_question(rng: random.Random) -> str:
    """Draw a question of some task, with a few changes in it."""
    text = list(rng.choice(list(READERS.values())).question)
    for _ in range(rng.randrange(4)):
        place = rng.randrange(len(text) + 1)
        text[place : place + rng.randrange(3)] = [rng.choice(PIECES)] * rng.randrange(3)
    return "".join(text)


class Broken(Exception):
    """A promise was not kept."""


def promise(kept: bool, what: str) -> None:
    if not kept:
        raise Broken(what)


# Each takes a text; its own error types are those that it documents.


def characters(text: str) -> None:
    promise(CHARACTERS.decode(CHARACTERS.encode(text)) == text, "the characters come back")


def words(text: str) -> None:
    promise(WORDS.decode(WORDS.encode(text)) == " ".join(text.split()), "the words come back")


def byte_pairs(text: str) -> None:
    ids = PAIRS.encode(text)
    promise(PAIRS.decode(ids) == text, "the text comes back")
    promise(all(3 <= i < len(PAIRS) for i in ids), "the ids are in the vocabulary")


def gpt2_pairs(text: str) -> None:
    for special in (False, True):
        promise(GPT2.decode(GPT2.encode(text, special=special)) == text, "the text comes back")
    promise(262 not in GPT2.encode(text), "what is typed ends no text")


def learned_pairs(text: str) -> None:
    tokenizer = BytePairTokenizer.learn(text[:2000], 270)
    promise(tokenizer.decode(tokenizer.encode(text)) == text, "the text comes back")


def alphabet(text: str) -> None:
    tokenizer = CharTokenizer(text)
    promise(tokenizer.decode(tokenizer.encode(text)) == text, "the alphabet comes back")


def vocabulary(text: str) -> None:
    tokenizer = WordTokenizer(text.split(","))
    promise(len(tokenizer) == 4 + text.count(","), "each word has an id")


def ids(text: str) -> None:
    PAIRS.decode([ord(c) - 50 for c in text])


def question_of(name: str) -> Callable[[str], None]:
    task = READERS[name]
    tokenizer = task.tokenizer  # type: ignore[attr-defined]

    def read(text: str) -> None:
        source = task.as_source(text)
        encoded = tokenizer.encode(source)
        promise(bool(encoded), "there is something to read")
        if not isinstance(task, Characters):
            longest, _ = task.longest  # type: ignore[attr-defined]
            promise(len(encoded) <= longest, "the model can read it")
            promise(task.as_source(source) == source, "a source is a question")

    return read


def counting_flag(text: str) -> None:
    value = whole_number(text)
    promise(text.lstrip("+-0") == str(abs(value)).lstrip("0"), "the digits are the number's")


def seed_flag(text: str) -> None:
    promise(str(abs(seed(text))).isascii(), "it is a number")


def number_flag(text: str) -> None:
    value = number(text)
    promise(value - value == 0 and text.isascii(), "it is finite, and written in ASCII")


def any_flag(text: str) -> None:
    promise(text_flag(text) == text != "", "it is taken as it is")


def decoding_flags(text: str) -> None:
    n = sum(map(ord, text)) % 7 - 1
    Decoding(**{["beam", "n_best", "top_k", "seed"][len(text) % 4]: n})


def pairs_file(text: str) -> None:
    rng = random.Random(ascii(text))
    content = bytearray(SAVED)
    if rng.random() < 0.3:  # a value of the JSON is replaced
        data = json.loads(SAVED)
        holder = rng.choice([data, data["model"], data["model"]["vocab"], data["model"]["merges"]])
        key = rng.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        holder[key] = rng.choice([text, None, 5, 1.5, [], {}, [text], [[1, 2]], True, 1e308])
        content = bytearray(json.dumps(data).encode())
    else:
        for _ in range(rng.randrange(1, 4)):
            place = rng.randrange(len(content))
            some = text.encode(errors="surrogatepass")[: rng.randrange(8)]
            content[place : place + rng.randrange(6)] = some
    CUTS.write_bytes(content)
    loaded = BytePairTokenizer.load(CUTS)
    promise(loaded.merges == PAIRS.merges, "what is loaded is what was saved")


def gpt2_files(text: str) -> None:
    """A folder of a GPT-2's tokenizer, one of whose files has the text in the place of a piece."""
    rng = random.Random(ascii(text))
    vocab = {token: i for i, token in enumerate(VOCAB)}
    pairs = [list(pair) for pair in MERGES]
    added = [{"id": 262, "content": "</s>", "special": True}]
    model = {"type": "BPE", "vocab": vocab, "merges": pairs}
    cuts = {"type": "ByteLevel", "add_prefix_space": False}
    whole = {"added_tokens": added, "pre_tokenizer": cuts, "model": model, "normalizer": None}
    files = {"tokenizer.json": json.dumps(whole)}
    if rng.random() < 0.5:
        lines = "\n".join(f"{a} {b}" for a, b in MERGES)
        files = {"vocab.json": json.dumps(vocab), "merges.txt": lines}
    changed = rng.choice(list(files))
    start = rng.randrange(len(files[changed]))
    stop = start + rng.choice([0, 1, 5, 100])
    files[changed] = files[changed][:start] + text + files[changed][stop:]
    with tempfile.TemporaryDirectory() as name:
        for file, content in files.items():
            (Path(name) / file).write_bytes(content.encode(errors="surrogatepass"))
        tokenizer = GPT2Tokenizer.from_pretrained(name)
        promise(tokenizer.decode(tokenizer.encode("the 12")) == "the 12", "the text comes back")


def text_file(text: str) -> None:
    path = CUTS.with_name("text.txt")
    mark = random.Random(ascii(text)).choice([b"", codecs.BOM_UTF8, codecs.BOM_UTF16_LE])
    path.write_bytes(mark + 20 * text.encode(errors="surrogatepass"))
    task = Characters(str(path), context=2)
    promise("\ufeff" not in task.alphabet or "\ufeff" in text, "a mark is no character")
    promise(len(task.ids) >= 40, "there are examples")


def command(text: str) -> None:
    """A command line: it ends with an exit code, and mistakes with one line."""
    output, errors = io.StringIO(), io.StringIO()
    words = text.split(" ")[:4]
    start = [["train", "addition"], ["solve"], ["eval"], ["tasks"], []][len(text) % 5]
    flags = [*start, "--steps" if len(text) % 3 else "--lr", *words, "--out", str(CUTS)]
    with redirect_stdout(output), redirect_stderr(errors):
        try:
            code = main(flags if start[:1] == ["train"] else [*start, *words])
        except SystemExit as stop:
            code = int(stop.code or 0)
    said = errors.getvalue()
    promise(code in (0, 2), f"exit code {code}")
    promise(bool(said) == (code == 2), "a mistake is said")
    promise(
        not said or (said.startswith("error: ") and said.count("\n") == 1), f"one line: {said!r}"
    )


DOCUMENTED: dict[Callable[[str], None], tuple[type[Exception], ...]] = {
    characters: (ValueError,),
    words: (ValueError,),
    byte_pairs: (ValueError,),
    gpt2_pairs: (ValueError,),
    learned_pairs: (ValueError,),
    alphabet: (ValueError,),
    vocabulary: (ValueError,),
    ids: (IndexError,),
    counting_flag: (argparse.ArgumentTypeError,),
    seed_flag: (argparse.ArgumentTypeError,),
    number_flag: (argparse.ArgumentTypeError,),
    any_flag: (argparse.ArgumentTypeError,),
    decoding_flags: (ValueError,),
    pairs_file: (ValueError,),
    text_file: (ValueError,),
    gpt2_files: (RuntimeError,),
    command: (),
    **{question_of(name): (ValueError,) for name in READERS},
}


def finding(reader: Callable[[str], None], text: str) -> str | None:
    """Return what is wrong with how a reader takes a text."""
    begun = time.process_time()
    try:
        reader(text)
    except DOCUMENTED[reader] as error:
        if type(error) not in (*DOCUMENTED[reader], *ValueError.__subclasses__()) or not str(error):
            return f"{type(error).__name__}: {error}"
        if isinstance(error, UnicodeError):
            return f"bare: {error}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    seconds = time.process_time() - begun
    return f"{seconds:.1f} s" if seconds > SLOW else None


def fuzz(minutes: float, seed: int) -> int:
    """Draw inputs for so long; print the findings and the figure. Return the exit code."""
    rng = random.Random(seed)
    readers = list(DOCUMENTED)
    tried, found = 0, 0
    end = time.monotonic() + 60 * minutes
    while time.monotonic() < end:
        reader = rng.choice(readers)
        text = draw_question(rng) if rng.random() < 0.4 else draw_text(rng)
        wrong = finding(reader, text)
        tried += 1
        if wrong:
            found += 1
            print(f"{reader.__qualname__} of {text[:200]!r}: {wrong[:300]}", flush=True)
    print(f"{tried:,} inputs, {found} findings")
    return 1 if found else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Fuzz all that reads a user's text.")
    parser.add_argument("--minutes", type=float, default=1.0, help="how long (default: 1)")
    parser.add_argument("--seed", type=int, default=0, help="of the inputs (default: 0)")
    options = parser.parse_args()
    sys.exit(fuzz(options.minutes, options.seed))
