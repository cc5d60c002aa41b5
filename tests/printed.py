"""What a test has found out for people to read: it is printed at the end of the run, whichever process the test ran in."""

from typing import Any

TO_BE_PRINTED = "to be printed"  # the name of a property that a test records


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [one for outcome in ("passed", "failed") for one in terminalreporter.getreports(outcome) if one.when == "call"]
    for line in (words for one in reports for name, words in one.user_properties if name == TO_BE_PRINTED):
        terminalreporter.write_line(line)
