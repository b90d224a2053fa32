"""How long a network learns between two pictures, on a fast machine and on a busy one."""

import time
from collections.abc import Callable


class Slices:
    """Slices of work that take `length` seconds together with what is drawn after each.

    How many steps fit is measured anew in every slice: where a step or a drawing comes to take longer, because others
    need the machine too, fewer steps are taken, and one at least.

    Parameters
    ----------
    length : seconds.
    """

    def __init__(self, length: float) -> None:
        self.length = length
        self._ended: float | None = None

    def fill(self, step: Callable[[], object]) -> None:
        """Repeat a step until one more would not fit any longer."""
        begun = now = time.perf_counter()
        drawn = 0.0 if self._ended is None else begun - self._ended
        while True:
            step()
            before, now = now, time.perf_counter()
            if now - begun + (now - before) + drawn > self.length:
                break
        self._ended = now
