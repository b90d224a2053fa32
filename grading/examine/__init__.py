"""From a submission to a verdict, on the trusted side: asks a sandbox, compares, decides, looks for hints.

In: a `Job` and a submission. Out: one item a test, with points and a reason in words.
Workers and the master's own check call it; student code never runs here.
"""
