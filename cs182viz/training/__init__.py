"""Training the networks that ship, again or on pictures of one's own: `cs182viz train`."""
