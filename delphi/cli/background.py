"""`delphi study background`: what the panel says of itself, in counts that stand alone."""

import click

from delphi.canonical import canonical_json
from delphi.cli.acting import as_option, looking_at
from delphi.cli.options import json_option, study_argument
from delphi.services.background import declared_interests, interest_texts, told
from delphi.services.protocol import choices_of, current_protocol
from delphi.services.researchers import SEE_RESULTS

HIDDEN = "not shown"


@click.command()
@study_argument
@as_option
@json_option
def background(slug: str, address: str | None, as_json: bool) -> None:
    """Tell what the panel said of itself by the last close: answers counted, small counts hidden, and interests beside nothing.

    \b
    Example:
      delphi study background making-connections
    """
    with looking_at(slug, address, SEE_RESULTS) as at:
        choices = choices_of(current_protocol(at.session, at.study))
        questions, declared = told(at.study, choices), declared_interests(at.study, choices.policy)
        interests = interest_texts(at.session, at.study)
    if as_json:
        counts = [{"question": one.text, "counts": [{"answer": answer, "n": n} for answer, n in one.counts]} for one in questions]
        some = {"n": declared.n, "of": declared.of} if declared else None
        click.echo(canonical_json({"questions": counts, "declared": some, "interests": interests}))
        return
    for one in questions:
        click.echo(one.text)
        for answer, n in one.counts:
            click.echo(f"  {answer or 'no answer'}\t{HIDDEN if n is None else n}")
    if declared:
        click.echo(f"Interests declared: {HIDDEN if declared.n is None else declared.n} of {declared.of}")
    for text in interests:
        click.echo(f"  {' '.join(text.split())}")
