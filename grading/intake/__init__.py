"""From any zip or folder to `submitted/`: whose file, which notebook, when.

In: what Canvas, Moodle, Gradescope or a person exported, untrusted. Out: nbgrader's folders, and a record of how
each submission arrived. Nothing is run, no link is followed.
"""
