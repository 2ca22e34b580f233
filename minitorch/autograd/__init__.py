"""Reverse-mode automatic differentiation. Read graph.py, then backward.py; the rest builds on them.

graph       what an operation leaves behind: a node, with an edge to each of its inputs
backward    backpropagation: the chain rule, from the loss back to the leaves
grad_mode   no_grad() and the like: recording switched off and on
hooks       looking at a gradient once it is complete
anomaly     detect_anomaly(): the first NaN or Inf, and the line that made it
engine      backward() and grad(): what users ask of a backward pass
views       tensors that share memory, and the graph when one of them is changed in place
function    custom functions, with vector–Jacobian products of their own
functional  jacobian() and hessian()
checkpoint  computing activations again instead of keeping them
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from .._compat.guests import lookup as _lookup
from ..dtypes import Array
from .anomaly import detect_anomaly
from .engine import backward, grad
from .grad_mode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from .graph import OUTPUT, VJP, Edge, Hook, Node, mode, record, unrecorded, version_counter
from .hooks import RemovableHandle, register_hook, retain_grad, retains_grad
from .views import record_view

__all__ = [
    "OUTPUT",
    "VJP",
    "Array",
    "Edge",
    "Function",
    "Hook",
    "Node",
    "RemovableHandle",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "functional",
    "grad",
    "is_grad_enabled",
    "mode",
    "no_grad",
    "record",
    "record_view",
    "register_hook",
    "retain_grad",
    "retains_grad",
    "set_grad_enabled",
    "unrecorded",
    "version_counter",
]

if _TYPE_CHECKING:
    from .._compat.old_names import Variable
    from . import functional
    from .function import Function
else:  # loaded when asked for
    _LATER = {".": "functional", ".function": "Function", ".._compat.old_names": "Variable"}
    __getattr__, __dir__ = _lookup(__name__, _LATER)
