"""With CI=true a skipped test fails, wherever it was skipped; elsewhere it is skipped."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SKIPPED_IN_THE_TEST = "import pytest\ndef test_it():\n    pytest.skip('no server')\n"
SKIPPED_BY_MARK = "import pytest\n@pytest.mark.skip(reason='no server')\ndef test_it():\n    pass\n"
SKIPPED_WHOLE = "import pytest\npytest.skip('no server', allow_module_level=True)\n"
EXPECTED_TO_FAIL = "import pytest\n@pytest.mark.xfail(reason='no server')\ndef test_it():\n    assert False\n"


def run(folder: Path, source: str, ci: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(source)
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(folder), "-p", "tests.no_skips", str(folder)]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, "CI": ci}, capture_output=True, text=True)


@pytest.mark.parametrize("source", [SKIPPED_IN_THE_TEST, SKIPPED_BY_MARK, SKIPPED_WHOLE])
def test_a_skipped_test_fails_under_ci_and_says_why(tmp_path, source):
    done = run(tmp_path, source, ci="true")

    assert done.returncode != 0
    assert "CI allows no skipped test. Skipped: no server" in done.stdout


@pytest.mark.parametrize("source", [SKIPPED_IN_THE_TEST, SKIPPED_BY_MARK])
def test_a_skipped_test_is_only_skipped_elsewhere(tmp_path, source):
    done = run(tmp_path, source, ci="")

    assert done.returncode == 0
    assert "1 skipped" in done.stdout


def test_an_expected_failure_is_no_skip(tmp_path):
    done = run(tmp_path, EXPECTED_TO_FAIL, ci="true")

    assert done.returncode == 0
    assert "1 xfailed" in done.stdout
