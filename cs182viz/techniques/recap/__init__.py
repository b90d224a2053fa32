"""The recap of recurrent networks: five designs, each a drawing and a small network, and the LSTM's diagram."""

from cs182viz.techniques.recap.designs import DESIGNS, Design, learn, learned
from cs182viz.techniques.recap.drawing import draw_designs, draw_lstm
from cs182viz.techniques.recap.seen import show_beliefs, show_pens, show_sum
from cs182viz.techniques.recap.trace import Trace, show_trace, trace

__all__ = [
    "DESIGNS",
    "Design",
    "Trace",
    "draw_designs",
    "draw_lstm",
    "learn",
    "learned",
    "show_beliefs",
    "show_pens",
    "show_sum",
    "show_trace",
    "trace",
]
