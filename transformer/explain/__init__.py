"""What happened inside a model: `trace` records its activations, `pictures` draws them."""

from .trace import Trace, trace

__all__ = ["Trace", "trace"]
