"""Are loops compiled wherever the package lies?"""

import numba.core.caching

from cs182viz.techniques.common.compiled import compiled


def test_loops_compile_where_no_folder_can_keep_them(monkeypatch):
    monkeypatch.setattr(numba.core.caching.CompileResultCacheImpl, "_locator_classes", [])

    def half(x):
        return x / 2

    assert compiled(half)(3.0) == 1.5
