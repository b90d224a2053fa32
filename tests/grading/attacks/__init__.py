"""Submissions that a grader must survive, each with what has to come of it."""

from .attack import Attack, Expected
from .cheating import CHEATING
from .classes import CLASSES
from .limits import LIMITS
from .other import OTHER
from .plain import PLAIN
from .second import SECOND
from .tables import TABLES
from .tampering import TAMPERING

ATTACKS: tuple[Attack, ...] = (*PLAIN, *LIMITS, *CHEATING, *TAMPERING, *OTHER, *SECOND, *CLASSES, *TABLES)

__all__ = ["ATTACKS", "Attack", "Expected"]
