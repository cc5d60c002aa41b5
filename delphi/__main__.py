"""`python -m delphi`: the same as the command `delphi`."""

from delphi.cli import main

main(prog_name="delphi")
