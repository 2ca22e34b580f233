"""What a model is, and what happened inside it.

figure    a model's boxes, shapes and parameters, in text
trace     records the activations of a forward pass
pictures  draws them, and the metrics of a training
page      one HTML file on which a model answers; notebook shows it in a cell
"""

from .figure import figure
from .notebook import NotebookPage, explain
from .trace import Trace, trace

__all__ = ["NotebookPage", "Trace", "explain", "figure", "trace"]
