"""Grade a class: what is known, what is missing, who examines it, and what comes back.

In: a course and an assignment's name. Out: one event a submission, whose verdict is on disk and in the gradebook.
Commands and the demonstration call it.
"""
