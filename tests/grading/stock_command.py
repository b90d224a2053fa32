"""The real command `nbgrader`, without the second that jsonschema takes to begin (`grading/__init__.py` says how)."""

import sys

NBGRADER = [sys.executable, "-c", "import grading; from nbgrader.apps.nbgraderapp import main; main()"]
