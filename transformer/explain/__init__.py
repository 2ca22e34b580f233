"""What a model is, and what happened inside it.

figure       a model's boxes, shapes and parameters, in text
trace        records the activations of a forward pass
asking       what a model is given to answer a question, and what it writes
edits        switches parts off, or puts in their place what they computed for another input
explanation  a question put to a model: its answer, and the trace of both
attribution  which part speaks for a token: direct logit attribution, and the logit lens
effects      what a hidden unit does to the logits, and an edit, predicted and measured
learning     what a model did with an example at a step of its training that was kept
pictures     draws activations, and the metrics of a training

page         one HTML file on which a model answers; notebook.py shows it in a cell
account      the same without a browser: in a terminal, as pictures, as JSON
files        writes them whole or not at all
"""

from .attribution import Sum, lens, parts
from .edits import Edit, edited
from .effects import Effect, effect, predicted, unit_effect
from .explanation import Explanation, Step, explained, in_float64
from .figure import figure
from .learning import Snapshot, snapshot
from .notebook import NotebookPage, explain
from .trace import Trace, trace

__all__ = [
    "Edit", "Effect", "Explanation", "NotebookPage", "Snapshot", "Step", "Sum", "Trace",
    "edited", "effect", "explain", "explained", "figure", "in_float64", "lens", "parts",
    "predicted", "snapshot", "trace", "unit_effect",
]  # fmt: skip
