"""What the grader says, where that is kept, and which code said it.

In: verdicts from whoever examined. Out: the same again, by what they depend on, after any crash.
Examiners write the words, `run` keeps them, reports read them.
"""
