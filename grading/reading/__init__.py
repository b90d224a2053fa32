"""From the bytes that a student handed in to the cells to run; nothing is run here.

In: untrusted bytes. Out: a `Submission`: sources alone, what to run of them, and what a person should look at.
Whoever needs to know what a submission holds asks here.
"""
