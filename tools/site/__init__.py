"""What the site shows, written as files that its pages read: `python -m tools.site FOLDER`."""
