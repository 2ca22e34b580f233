"""What a model is, and what happened inside it.

figure    a model's boxes, shapes and parameters, in text
trace     records the activations of a forward pass
pictures  draws them, and the metrics of a training
"""

from .figure import figure
from .trace import Trace, trace

__all__ = ["Trace", "figure", "trace"]
