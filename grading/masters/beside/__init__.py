"""What lies beside a master notebook and goes out with it: helper modules and data files.

In: an assignment's folder. Out: its files as plain values, and a folder in which cells of ours find them. Rooms above
may call it; nothing of a student's is read here.
"""

from .files import at_hand, left_out, read

__all__ = ["at_hand", "left_out", "read"]
