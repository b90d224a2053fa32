"""Where student code runs: the warm process, its forks, the student's side, and the messages between.

In: cells and calls, as plain values over a socket. Out: results as plain values, with a cap on everything.
No test, no answer and no secret is here; only `examine` and `doctor` talk to it.
"""
