"""Files that people bring along, read into plain arrays: everything wrong with one is said at once."""
