"""nbgrader's configuration: run `nbgrader` in this folder. Everything it says is in grading/config/folders.py."""

from grading.config import Course, nbgrader_config

course = Course.from_environment()
course.work.mkdir(parents=True, exist_ok=True)  # the gradebook's database does not make its folder
c = get_config()  # noqa: F821  (given by nbgrader)
c.merge(nbgrader_config(course))
