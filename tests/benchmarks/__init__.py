"""Benchmarks: how long our figures take beside the usual packages; nothing here asserts a time."""
