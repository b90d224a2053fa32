"""For who writes an assignment: a skeleton to begin with, and a mirror that shows what its tests notice.

In: the name of an assignment. Out: its folder, or a list of what its tests let pass, in words and as a page.
Only the `new` and `check` commands call it. The code that it runs is ours, in the sandboxes that submissions get.
"""
