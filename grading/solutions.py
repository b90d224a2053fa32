"""The door for lectures: `load("class_visualization")` gives what that master's cells define."""

from grading.masters.solutions import load

__all__ = ["load"]
