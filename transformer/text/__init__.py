"""Tokenizers: from text to token ids, the numbers that a model reads, and back."""

from .bpe import BytePairTokenizer
from .gpt2 import GPT2Tokenizer
from .tokenizer import CharTokenizer, Tokenizer, WordTokenizer

__all__ = ["BytePairTokenizer", "CharTokenizer", "GPT2Tokenizer", "Tokenizer", "WordTokenizer"]
