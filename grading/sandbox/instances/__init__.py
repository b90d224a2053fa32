"""Instances of classes, held by the numbers under which whoever asks knows them.

In: what a request wants of a class or an instance. Out: the thing to call. The sandbox holds a student's instances
here, for one item; the examiner holds the master's, where it runs its own tests.
"""

from .objects import Objects

__all__ = ["Objects"]
