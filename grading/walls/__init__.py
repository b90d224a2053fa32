"""What confines a process: namespaces, seccomp, Landlock, limits, and a view of the files.

In: a process that was just forked, and the least level that the course accepts. Out: the same process, confined.
Only `sandbox` builds the walls, and `doctor` proves them.
"""
