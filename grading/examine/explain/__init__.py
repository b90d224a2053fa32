"""Comes in: the calls of a lost test, and the catalogue. Goes out: the mistake's name and hint, or a crash's shapes.

The examination alone calls it; only code of the course runs here, the student's is asked across the channel.
"""
