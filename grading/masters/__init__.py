"""The instructor's own notebooks: read, checked, released, tried, and packed for the examiner.

In: a master notebook and its catalogue of mistakes. Out: released notebooks, and the bundle that an examiner needs.
Only trusted code is run here; a submission never enters.
"""
