"""What happened inside a model: `trace` records it, `pictures` draws it."""

from .trace import Trace, trace

__all__ = ["Trace", "trace"]
