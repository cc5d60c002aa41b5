"""Benchmarks are run with `python -m tests.benchmarks`, and never collected as tests."""

collect_ignore_glob = ["*.py"]
