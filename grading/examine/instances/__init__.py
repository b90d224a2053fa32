"""Classes that students write: instances stay in the sandbox, the examiner holds what stands for them.

In: the master's cells, which say what a class has, and the way to ask. Out: classes that look like the student's to a
test. Only plain values ever come back; see `proxy` for what crosses.
"""

from .local import Local
from .members import Members, members
from .proxy import class_proxy

__all__ = ["Local", "Members", "class_proxy", "members"]
