"""Where a course is, its secret, and its rules: what an instructor sets.

In: folders and files of settings. Out: a `Course`, its secret, its settings. Every room may ask here.
"""

from .folders import CLONE, COURSE_ID, Course, CourseError

__all__ = ["CLONE", "COURSE_ID", "Course", "CourseError"]
