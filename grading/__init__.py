"""The instructor's half: releases the assignments, grades submissions and reports.

Its rooms, from the top down; a room imports from those below it, never from one above: commands, demo, exports,
reports, run, gradebook, intake, doctor, examine, reading, sandbox, walls, verdicts, masters, config.
"""

import sys

# jsonschema, which nbformat imports, would build a parser of internationalised addresses here. It takes as long as all
# the rest of a command's start, and no schema of a notebook asks for such an address.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # None: importing it fails, and jsonschema goes on
