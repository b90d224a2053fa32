"""The verdict, made where student code cannot reach: an examiner asks, a sandbox answers, plain values cross."""
