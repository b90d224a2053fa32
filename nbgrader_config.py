"""nbgrader's configuration: run `nbgrader` in this folder. What it says is in grading/masters/nbgrader_steps.py."""

from grading.config import Course
from grading.masters.nbgrader_steps import nbgrader_config

course = Course.from_environment()
course.work.mkdir(parents=True, exist_ok=True)  # the gradebook's database does not make its folder
c = get_config()  # noqa: F821  (given by nbgrader)
c.merge(nbgrader_config(course))
