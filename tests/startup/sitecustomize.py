"""Python imports this when it starts: whatever the tests start looks for garbage less often.

Nothing else changes. Starting torch, Jupyter or nbgrader makes half a million objects and no garbage, and looking for
it takes a tenth of their start; the tests start hundreds of them.
"""

import gc

gc.set_threshold(50_000, 20, 20)
