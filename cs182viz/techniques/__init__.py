"""What the lecture shows and no assignment asks for: one technique a file."""
