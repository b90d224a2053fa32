"""What a canvas of the site shows, and whether it comes to show something else."""


def pixels(page, name, *, exact=False):
    """What a canvas shows, by its name for a screen reader."""
    return page.get_by_label(name, exact=exact).evaluate("one => one.toDataURL()")


def changes(page, name, before, *, exact=False):
    """Whether a canvas comes to show something else."""
    for _ in range(600):
        if pixels(page, name, exact=exact) != before:
            return True
        page.wait_for_timeout(100)
    return False
