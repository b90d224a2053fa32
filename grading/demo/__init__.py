"""A sample class: real submissions and hostile ones, graded before one's eyes, every number checked.

In: an assignment. Out: a graded class whose points are known beforehand.
"""
