"""From text to token ids and back."""

from .bpe import BytePairTokenizer
from .tokenizer import CharTokenizer, Tokenizer, WordTokenizer

__all__ = ["BytePairTokenizer", "CharTokenizer", "Tokenizer", "WordTokenizer"]
