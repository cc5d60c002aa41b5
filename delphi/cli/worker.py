"""`delphi worker`: the work outside requests, in a process of its own."""

import click

from delphi import jobs
from delphi.cli.installation import open_installation


@click.command()
def worker() -> None:
    """Do the work outside requests (mail, documents) until interrupted.

    `delphi serve` runs one of these itself, unless DELPHI_QUEUE_URL names a queue that several machines share.

    \b
    Example:
      delphi worker
    """
    jobs.worker(open_installation().settings)
