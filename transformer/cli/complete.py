"""`transformer complete DIR [PROMPT]`: a GPT-2 from a local folder writes on.

The prompt is shown, and after it what the model writes, token by token. A character whose bytes are
spread over several tokens is shown when it is complete.
"""

from __future__ import annotations

import codecs
import math
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import minitorch as mt

from .. import arguments
from ..decoding.sampling import chooser, stream
from ..decoding.strategy import Decoding
from ..model.arguments import capacity
from ..model.models import GPT
from ..model.weights import from_pretrained
from ..pretrained import end_tokens
from ..text.gpt2 import END, GPT2Tokenizer
from .flags import add_flags, directory, given, whole_number
from .reading import answer_lines, whole_text
from .shell import Mistake, user_input

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

# The samples of the paper were drawn so (Radford et al. 2019, appendix 8). Greedy decoding makes a
# GPT-2 repeat itself.
USUAL = Decoding(top_k=40)
NEW_TOKENS = 100


def load(folder: Path) -> tuple[GPT, GPT2Tokenizer, set[int]]:
    """Load the model, its tokenizer, and the ids of the tokens that end a text."""
    if not folder.is_dir():
        raise Mistake(f"there is no folder {folder}: download a GPT-2 into one first")
    try:
        model = from_pretrained(folder)
        if not isinstance(model, GPT):
            raise Mistake(f"{folder} holds a BERT, which fills gaps, and only a GPT-2 writes on")
        ends = {model.config.eos, *end_tokens(folder)}
        return model, GPT2Tokenizer.from_pretrained(folder), ends
    except (ValueError, RuntimeError) as error:
        raise Mistake(error) from None


def _prompt(model: GPT, tokenizer: GPT2Tokenizer, text: str, special: bool) -> list[int]:
    """Return the ids of a prompt; for an empty one `<|endoftext|>`, after which a text begins."""
    ids = tokenizer.encode(text, special=special)
    if not ids and END not in tokenizer.added:
        raise ValueError(f"the prompt is empty, and the tokenizer has no {END} to begin with")
    ids = ids or [tokenizer.added[END]]
    if max(ids) >= model.config.vocab_size:
        raise ValueError(
            f"the tokenizer turns the prompt into the id {max(ids)}, and the model has "
            f"{model.config.vocab_size} tokens: the two do not belong together"
        )
    return ids


def _room(model: GPT, ids: list[int], new_tokens: int | None) -> int:
    """Return how many tokens to write; unless given, 100 or what the context has room for."""
    room = max(1, model.config.max_length - len(ids) + 1)
    wanted = min(NEW_TOKENS, room) if new_tokens is None else new_tokens
    arguments.whole_number("max_new_tokens", wanted, least=1)
    capacity(model.config, len(ids), wanted)
    return wanted


def _characters(pieces: Iterable[bytes]) -> Iterator[str]:
    """Yield each character when its last byte has come, and `�` for what is no UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for piece in pieces:
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


def complete(options: argparse.Namespace) -> int:
    """Write on after the prompt, or after standard input. Return the exit code."""
    wanted = given(options, asdict(Decoding()))
    with user_input():
        decoding = replace(Decoding() if "beam" in wanted else USUAL, **wanted)
    model, tokenizer, ends = load(options.folder)

    def shown(ids: Iterable[int]) -> Iterator[bytes]:
        """Yield the bytes of each token up to the end of the text."""
        for i in ids:
            if i in ends:
                return
            yield tokenizer.bytes.get(i, b"")  # padding and unused ids show nothing

    def write(prompt: str) -> None:
        with user_input():
            ids = _prompt(model, tokenizer, prompt, options.special)
            length = _room(model, ids, options.max_new_tokens)
        if decoding.beam is None:
            steps = stream(model, mt.tensor([ids]), length, chooser(**decoding.sampling()))
            print(prompt, end="", flush=True)
            try:
                for text in _characters(shown(int(token[0]) for token in steps)):
                    print(text, end="", flush=True)
            finally:
                print(flush=True)
            return
        found, scores = decoding.function()(model, mt.tensor([ids]), length)
        assert scores is not None
        for row, score in zip(found[0].tolist(), scores[0].tolist(), strict=True):
            if score > -math.inf:
                print(f"{score:8.4f}  " * (decoding.n_best > 1), end="")
                print(prompt, *_characters(shown(row)), sep="")

    if options.prompt is not None:
        write(options.prompt)
        return 0
    if sys.stdin is None:  # closed in the shell, as by `<&-`
        raise Mistake("no prompt is given, and standard input, to read it from, is closed")
    if not sys.stdin.isatty():
        write(whole_text())
        return 0
    return answer_lines(write, "A prompt a line, such as  Once upon a time,  Ctrl-D ends.")


def add_complete_flags(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `complete`, with a flag for each option of a decoding strategy."""
    parser.add_argument(
        "folder",
        type=directory,
        metavar="DIR",
        help="folder of a GPT-2 in the layout of Hugging Face: config.json, model.safetensors (or "
        "several, and model.safetensors.index.json), and tokenizer.json, or vocab.json and "
        "merges.txt",
    )
    parser.add_argument(
        "prompt",
        nargs="?",
        help="the beginning of a text; if it is empty, a new text is begun. Without it, prompts "
        "are read line by line from the terminal, or the whole of standard input is one",
    )
    parser.add_argument(
        "--max-new-tokens",
        type=whole_number,
        metavar="INT",
        help=f"the most tokens to write (default: {NEW_TOKENS}, or as many as the model has room "
        "for); a text that ends by itself may be shorter",
    )
    parser.add_argument(
        "--special",
        action="store_true",
        help=f"read the names of special tokens in the prompt, such as {END}, as these tokens; "
        "without this they are text like any other",
    )
    defaults = {**asdict(Decoding()), "top_k": f"{USUAL.top_k}, without a beam"}
    add_flags(parser, "the decoding strategy", Decoding, defaults)
    parser.set_defaults(command=complete)
