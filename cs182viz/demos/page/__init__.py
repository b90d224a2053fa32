"""What the pages of all demonstrations are made of: the frame, a worker thread, a chooser, drawings."""
