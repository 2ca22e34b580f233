"""Optimizers: how parameters change by their gradients.

checks             what optimizers and schedules accept
states             what they load
optimizer          what an optimizer is: parameters in groups, their options, a state to save
sgd, adam          the updates
adagrad, rmsprop   those from which Adam comes
scheduler          what a schedule is
lr_scheduler       learning rates that change during training; they stand in `schedules/`
bundles            speed: small parameters laid end to end and updated as one
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from .._compat.guests import lookup as _lookup
from .._compat.optimizer_options import take_options_without_effect as _take_options
from .adagrad import Adagrad
from .adam import Adam, AdamW
from .optimizer import Optimizer
from .rmsprop import RMSprop
from .sgd import SGD

for _optimizer in (Adagrad, Adam, AdamW, RMSprop, SGD):
    _take_options(_optimizer)

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Optimizer", "RMSprop", "lr_scheduler"]

if _TYPE_CHECKING:
    from . import lr_scheduler
else:  # loaded when asked for
    __getattr__, __dir__ = _lookup(__name__, {".": "lr_scheduler"})
