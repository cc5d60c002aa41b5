"""What a study owes to those who answer, as far as the check before a round finds it missing."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from delphi.errors import Message
from delphi.models import MailKind, Study
from delphi.services.care import outside_contact
from delphi.services.consent import current_consent, is_as_it_came, is_confirmed
from delphi.services.findings import OWN_CONVENTION, PROTECTION, Finding, Place
from delphi.services.letters import own_wording
from delphi.services.mail_plan import plan_of
from delphi.services.protocol import is_kept
from delphi.services.researchers import researchers_of
from delphi.services.sight import sight_of


def owed(session: Session, study: Study, *, names_reader: bool, is_first: bool) -> Iterator[Finding]:
    """Yield what is still owed to the panel; what they are told is looked at before the first round alone."""
    if not names_reader:
        yield _nobody_reads(session, study)
    if outside_contact(study) is None:
        yield Finding(
            "no contact outside the team",
            Place.CARE,
            Message("Nobody outside the team is named to whom people can turn."),
            Message("Whoever has a complaint about the team would have to make it to the team."),
            OWN_CONVENTION,
        )
    if is_first:
        yield from _protocol(session, study)
        yield from _information(session, study)
        yield from _mail(session, study)
    if n := sight_of(session, study).n_linking:
        yield Finding(
            "names and answers in one hand",
            Place.TEAM,
            Message("One person keeps the contacts and also sees results, so that they can link names and answers.")
            if n == 1
            else Message("{n} people keep the contacts and also see results, so that they can link names and answers.", n=n),
            Message(
                "Panelists are told so. Somebody who does nothing else in the study could keep the contacts, and the others "
                "give that role away."
            ),
            PROTECTION,
        )


def _nobody_reads(session: Session, study: Study) -> Finding:
    is_alone = len(researchers_of(session, study)) < 2
    return Finding(
        "no safeguarding reader",
        Place.TEAM if is_alone else Place.SAFEGUARDING,
        Message("No safeguarding reader is named."),
        Message(
            "Whatever is written of a danger would be read only after the round has closed. It takes two of the team, and you "
            "are alone on it: invite somebody first. A reader can be named later too, by an amendment."
        )
        if is_alone
        else Message(
            "Whatever is written of a danger would be read only after the round has closed. Name two of the team, one who reads "
            "and one who is told. They can be named later too, by an amendment."
        ),
        PROTECTION,
    )


def _protocol(session: Session, study: Study) -> Iterator[Finding]:
    if not is_kept(session, study):
        yield Finding(
            "protocol not kept",
            Place.PROTOCOL,
            Message("Nobody has kept the protocol yet."),
            Message("Round 1 seals it, so look at it: keep it as it stands, or change it."),
            OWN_CONVENTION,
        )


def _mail(session: Session, study: Study) -> Iterator[Finding]:
    if not plan_of(session, study.id).version and own_wording(session, study.id, MailKind.INVITATION) is None:
        yield Finding(
            "mail as it came",
            Place.MAIL,
            Message("Nobody has said who asks in the mail, nor by which clock it speaks."),
            Message("It comes in the name of this site, and its times are UTC."),
            OWN_CONVENTION,
        )


def _information(session: Session, study: Study) -> Iterator[Finding]:
    if is_as_it_came(study, current_consent(session, study).information):
        yield Finding(
            "information as it came",
            Place.CONSENT,
            Message("What people are told is still the text that came with the site."),
            Message("It does not say who you are, who pays, who has approved the study, or how long answers are kept."),
            OWN_CONVENTION,
        )
    elif not is_confirmed(session, study):
        yield Finding(
            "information not confirmed",
            Place.CONSENT,
            Message("Nobody has confirmed that what people are told is complete."),
            Message(
                "It has to say who you are, who pays for the study, which committee has approved it, and how long answers are "
                "kept. Below the text is a box to tick."
            ),
            OWN_CONVENTION,
        )
