"""The instructor's half: releases the assignments, grades submissions and reports."""
