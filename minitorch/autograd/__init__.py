"""Reverse-mode automatic differentiation. Read graph.py, then walk.py; the rest builds on them.

graph       what an operation leaves behind: the node, and the paths back to its inputs
walk        backward() and grad(): the walk back along them
views       tensors that share memory, and the graph when one of them is changed in place
hooks       looking at a gradient when it arrives
function    operations of your own
functional  jacobian() and hessian()
anomaly     detect_anomaly(): the first NaN or Inf, and the line that made it
"""

from ..dtypes import Array
from . import functional
from .anomaly import detect_anomaly
from .backward import backward, grad, walk
from .function import Function
from .graph import (
    OUTPUT,
    VJP,
    Edge,
    Hook,
    Node,
    enable_grad,
    is_grad_enabled,
    mode,
    no_grad,
    record,
    set_grad_enabled,
    unrecorded,
    version_counter,
)
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
    "walk",
]
