"""Drawing a graph: `draw_graph(y)`, as SVG in a notebook and as text in a terminal.

keep         keep_values(): what the graph does not hold, noted while it is made
structure    what is drawn: vertices and boxes
read         from a graph to that, with values and gradients
layout       where everything stands, with all boxes open
geometry     and with some folded
labels       what is written there
svg, live    the drawing as a picture
text         the drawing in characters
draw         draw_graph(), and the drawing that it returns
"""

from .draw import Drawing, draw_graph
from .keep import keep_values

__all__ = ["Drawing", "draw_graph", "keep_values"]
