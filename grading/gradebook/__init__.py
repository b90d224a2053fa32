"""nbgrader's database and notebooks: verdicts go in, scores come out, late penalties are kept in step.

In: verdicts. Out: what formgrader, feedback and exports show. One writer at a time, for a batch in a process of its
own; what a person entered stays.
"""
