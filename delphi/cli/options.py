"""Arguments and options that many commands have."""

import click

study_argument = click.argument("slug", metavar="STUDY")
round_argument = click.argument("number", metavar="N", type=int)
json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON, for programs.")
