"""An error counts once: lost items are examined again with the master's versions behind what their functions call.

Each attempt has a sandbox of its own, so that what the student's code learns in one is lost with it.
"""

from __future__ import annotations

from typing import Any

from grading.examine.job import Job
from grading.masters.bundle import Test
from grading.verdicts.verdict import Item, ItemState

from .behind import Behind
from .examination import Examination

_OF_THE_ANSWER = ("wrong", "error", "refused", "missing", "time", "memory", "crash")


class Once:
    """Examines lost items again.

    Parameters
    ----------
    zygote : path of the socket of the process that forks sandboxes
    setup : the namespace with what the master's setup cells define
    """

    def __init__(self, job: Job, zygote: str, setup: dict[str, Any]) -> None:
        self._job = job
        self._zygote = zygote
        self._setup = setup

    def examine(self, item: Item, test: Test, right: set[str]) -> Item:
        """Return the item with its points if the function is right apart from an error elsewhere, else as it was.

        Points are earned where the function did call what was replaced; functions in which no error stands (`right`)
        are not.
        """
        suspects = tuple(name for name in self._job.bundle.behind(test.function) if name not in right)
        if item.state != ItemState.ZERO or item.kind not in _OF_THE_ANSWER or not suspects:
            return item
        called = self._called_when_right(suspects, test)
        if not called:
            return item
        apart = called if len(suspects) == 1 else self._errors(suspects, test) or called
        reason = f"Right, apart from {' and '.join(apart)}: that error counts where it stands."
        return Item(item.grade_id, item.points, item.points, ItemState.FULL, reason, "apart", seconds=item.seconds)

    def _errors(self, names: tuple[str, ...], test: Test) -> list[str]:
        """Which functions spoil an item: those that mend it when replaced alone, else all that spoil the rest."""
        alone = [name for name in names if self._called_when_right((name,), test)]
        if alone:  # one that calls the wrong one mends the item, too: the error stands as deep as possible
            return [name for name in alone if not set(self._job.bundle.behind(name)) & set(alone)]
        others = {name: tuple(other for other in names if other != name) for name in names}
        return [name for name in names if not self._called_when_right(others[name], test)]

    def _called_when_right(self, names: tuple[str, ...], test: Test) -> list[str]:
        """Which of these functions were called while the master's versions stood there; none if the item is lost."""
        if not names:
            return []
        behind = Behind(self._job.bundle, self._setup, names)
        examination = Examination(self._job, self._zygote, self._setup, behind)
        try:
            lost = examination.run(test)
        finally:
            examination.close()
        return [] if lost else behind.called
