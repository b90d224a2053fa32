"""Does the isolation hold on this machine? It breaks out of a real sandbox, attempt by attempt.

In: the course's settings. Out: a report of what held. `cs182-grade doctor` and the tests call it.
"""
