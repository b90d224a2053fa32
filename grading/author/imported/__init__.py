"""Assignments written for another grader: turned into masters of ours, with a list of what a person has to look at.

In: an nbgrader source folder, or a notebook in otter's format. Out: a folder among the course's masters, and notes.
Nothing that is read here is run.
"""

from .bring import Brought, bring

__all__ = ["Brought", "bring"]
