"""Grades, and the grader itself, for other systems."""
