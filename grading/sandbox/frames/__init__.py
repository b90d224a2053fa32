"""Pandas frames and series on their way between examiner and sandbox: plain columns, where pandas is installed.

In: a frame. Out: lists and arrays, and a frame made anew from them. Nothing of the sender's frame is used on the other
side, and pandas itself is imported there only once a frame arrives.
"""

from .columns import flattened, is_table, rebuilt

__all__ = ["flattened", "is_table", "rebuilt"]
