"""What a test records to be printed stands in the output of the run, though a process of its own ran the test."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
TEST = "def test_it(record_property):\n    record_property('to be printed', '4 taps')\n    print('5 taps')\n"


def test_what_is_recorded_is_printed_and_what_a_test_prints_is_not(tmp_path):
    (tmp_path / "test_it.py").write_text(TEST)
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(tmp_path), "-p", "tests.printed", "-n", "1"]

    done = subprocess.run([*command, str(tmp_path)], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0
    assert "\n4 taps\n" in done.stdout
    assert "5 taps" not in done.stdout
