"""Optimizers: how parameters follow their gradients."""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from .._compat import missing as _missing
from . import lr_scheduler
from .adam import Adam, AdamW
from .optimizer import Optimizer
from .sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "lr_scheduler"]

if not _TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        raise AttributeError(_missing.sentence(__name__, name, __all__))
