"""The instructor's half: releases the assignments, grades submissions and reports.

Its rooms, from the top down; a room imports from those below it, never from one above: commands, demo, exports,
reports, run, gradebook, intake, doctor, examine, reading, sandbox, walls, verdicts, masters, config.
"""
