"""What a canvas of the site shows, and whether it comes to show something else."""

DATA = """
    const copy = Object.assign(document.createElement("canvas"), { width: one.width, height: one.height });
    const brush = copy.getContext("2d", { willReadFrequently: true }); // or Chromium warns of the page's own canvas
    brush.drawImage(one, 0, 0);
    const { data } = brush.getImageData(0, 0, one.width, one.height);
"""
HASH = f"""one => {{
    {DATA}
    let hash = one.width;
    for (const part of new Int32Array(data.buffer)) hash = (Math.imul(hash, 16777619) ^ part) | 0;
    return hash;
}}"""


def pixels(page, name, *, exact=False):
    """What a canvas shows, as a number, by its name for a screen reader."""
    return page.get_by_label(name, exact=exact).evaluate(HASH)


def changes(page, name, before, *, exact=False):
    """Whether a canvas comes to show something else."""
    for _ in range(600):
        if pixels(page, name, exact=exact) != before:
            return True
        page.wait_for_timeout(100)
    return False


def settled(page, look):
    """What `look()` gives once it has stood still for a moment: what was begun before Stop ends first."""
    last = look()
    for _ in range(100):
        page.wait_for_timeout(300)
        before, last = last, look()
        if last == before:
            return last
    raise AssertionError("it goes on moving")
