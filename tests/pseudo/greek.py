"""A study whose every word is in Greek letters, so that what is in Latin ones is the site's own."""

import re
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.files.panel import PanelRow
from delphi.manual.outline import Outline
from delphi.manual.parse import parse_text
from delphi.models import (
    Action,
    Applicant,
    Audience,
    Code,
    Conversation,
    NewsAudience,
    Proposal,
    ProposalVersion,
    ReleaseState,
    Role,
    Round,
    RoundStep,
    StakeholderGroup,
    Study,
)
from delphi.pseudo import PSEUDO
from delphi.services import applicants, decisions, sign_off
from delphi.services.auditing import actor_name
from delphi.services.coding import add_code, change_code, code_comment, merge_codes, remove_code
from delphi.services.comment_work import link_to_decision, mark_read
from delphi.services.decisions import Verdict
from delphi.services.drafts import latest_draft
from delphi.services.editing import Place, edition_of, move_item
from delphi.services.keyring import link_digest
from delphi.services.letters import Wording
from delphi.services.messages import write_to_team
from delphi.services.moderation import Judgement, comments_to_read, judge
from delphi.services.news import send_news
from delphi.services.panel import import_panel
from delphi.services.progress import count_now
from delphi.services.protocol import CRITERIA, Question, Safeguarding
from delphi.services.ratings import finish, save
from delphi.services.recruiting import Call, Screening, save_recruitment
from delphi.services.remarks import Remark
from delphi.services.researchers import find_researcher
from delphi.services.round_changes import extend_deadline, plan_close, pull_item
from delphi.services.round_plan import back_to_proposed, change_plan, proposal_of, state_of
from delphi.services.signing import confirm
from delphi.services.studies import create_study, find_round
from tests import cast
from tests.web.stages import CODE, PROPOSAL, SOL, invitation, researcher_with
from tests.web.test_office_routes import CONVERSATION

WRITER = "practitioners-1@example.org"
BEA = "bea@example.org"
LINK = "0123456789ABCDEFGHJK"
APPLICANTS = (4711, 4712)  # the first has confirmed
WAITING, LATE, TURNED_AWAY = 4713, 4714, 4715
GROUPS = {"carers": 4, "academics": 6, "practitioners": 12}
GREEK = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "αβκδεφγηιικλμνοπκρστυβωξυζΑΒΚΔΕΦΓΗΙΙΚΛΜΝΟΠΚΡΣΤΥΒΩΞΥΖ"
)
KEPT = re.compile(r"(\{#[^}]*\}|^\w+:|^:::.*$|^---$)", re.MULTILINE)


def greek(text: str) -> str:
    """Return the text in Greek letters; marks of a draft and names in its front matter stay."""
    return "".join(part if n % 2 else part.translate(GREEK) for n, part in enumerate(KEPT.split(text)))


def manual() -> Outline:
    """Return the cast's manual in Greek, one of its items with plain words."""
    words = "The worker goes at the pace of the person.\n"
    text = cast.MANUAL.replace(words, f"{words}\n::: plain\nNobody hurries.\n:::\n")
    outline = parse_text({"manual.md": greek(text)})
    return replace(outline, meta={**outline.meta, "language": PSEUDO, "authors": (greek("Ada Byron"),)})


def begun(session: Session) -> Study:
    """A study with its panel, before round 1."""
    study = create_study(session, manual(), owner=cast.ruth(session), actor="researcher 1", now=cast.NOW, slug="connections")
    people = [(group, n) for group, size in GROUPS.items() for n in range(1, size + 1)]
    region, places = greek("Region"), [""] * 6 + [greek("North")] * 14 + [greek("Skye")] * 2
    rows = [
        PanelRow(line, greek(f"Person {line}"), f"{group}-{n}@example.org", greek(group.capitalize()), {region: place})
        for line, ((group, n), place) in enumerate(zip(people, places, strict=True), start=2)
    ]
    who = {"actor": "researcher 1", "now": cast.NOW}
    import_panel(session, cast.keyring(), study, rows, source="panel.csv", attributes=[region], **who)
    researcher_with(session, SOL, study, Role.OBSERVER)
    invitation(session, study)
    question = Question("years", greek("How long have you done this work?"), (greek("Not long"), greek("Long")))
    criteria, readers = (CRITERIA["importance"], CRITERIA["clarity"]), Safeguarding(cast.RUTH, SOL)
    researcher_with(session, BEA, study, Role.FACILITATOR)
    session.flush()
    cast.choose(session, study, criteria=criteria, questions=(question,), safeguarding=readers, sign_off=tuple(RoundStep))
    ask(session, study, RoundStep.OPEN, by=BEA)
    recruit(session, study)
    return study


def recruit(session: Session, study: Study) -> None:
    """Open the study's link, with a question, and let people wait who have asked to join."""
    who = {"actor": "researcher 1", "now": cast.NOW}
    questions = (Screening(greek("Do you care for somebody?"), "yes"),)
    version = 0
    for is_open, admits_all in ((False, False), (True, True), (True, False)):
        call = Call(greek("We look for carers."), questions, is_open, admits_all)
        kept = save_recruitment(session, study, call, version=version, **who)
        kept.key = LINK
        session.flush()
        version = kept.version
    for number in (*APPLICANTS, WAITING, LATE, TURNED_AWAY):
        apply(session, study, number)
    applicants.turn_away(session, study, TURNED_AWAY, **who)


def apply(session: Session, study: Study, number: int) -> None:
    """Let somebody ask to join."""
    keyring, address = cast.keyring(), f"applicant-{number}@example.org"
    # The largest group: one person more changes nothing of what is shown.
    group = session.scalars(select(StakeholderGroup).order_by(StakeholderGroup.position.desc())).first()
    one = Applicant(id=number, study_id=study.id, asked_on=cast.NOW.date(), is_confirmed=number != APPLICANTS[1])
    one.name_ciphertext, one.address_ciphertext = keyring.encrypt(greek("Dora")), keyring.encrypt(address)
    one.address_hash, one.link_digest = keyring.address_hash(address), link_digest(keyring.confirming_token(number))
    one.group_id = group.id
    session.add(one)
    session.flush()


def ask(session: Session, study: Study, step: RoundStep, *, by: str) -> None:
    """Let a step wait for a second person's word."""
    asking = find_researcher(session, by)
    sign_off.ask(session, study, step, by=asking, actor=actor_name(asking), now=cast.NOW)


def give_word(session: Session, study: Study, *, by: str) -> Round:
    """Give the second word on what waits for it."""
    waiting, second = sign_off.waiting_in(session, study), find_researcher(session, by)
    assert waiting is not None
    return confirm(session, cast.keyring(), study, waiting.id, by=second, actor=actor_name(second), now=cast.NOW)


def opened(session: Session) -> Study:
    """Round 1, open and answered, with comments."""
    study = begun(session)
    round_ = give_word(session, study, by=cast.RUTH)
    ask(session, study, RoundStep.CLOSE, by=cast.RUTH)
    answer(session, round_)
    writer = cast.member(session, round_, WRITER)
    for n, audience in enumerate(Audience):
        remark = Remark(greek(f"Words for {audience.name}."), audience=audience)
        save(session, writer, {}, {cast.ITEMS[n]: remark}, {cast.ITEMS[n]: Remark(greek(f"Other words {n}."))}, now=cast.NOW)
    proposal = Proposal(id=PROPOSAL, round_id=round_.id, panelist_id=writer.panelist_id, section_key="going-along")
    proposal.versions = [ProposalVersion(number=1, text=greek("Somebody thanks the organiser."))]
    session.add(proposal)
    session.add(Conversation(id=CONVERSATION, study_id=study.id, panelist_id=writer.panelist_id))
    session.flush()
    write_to_team(session, cast.keyring(), writer.panelist, greek("Who reads this?"), now=cast.NOW)
    finish(session, writer, now=cast.NOW)
    return study


def answer(session: Session, round_: Round) -> None:
    """Have nearly everybody rate nearly everything, so that groups, items and people differ."""
    for place, (group, size) in enumerate(GROUPS.items()):
        for n in range(1, size):
            levels: dict[str, int | str] = {key: 1 + (n * (place + 2) + len(key)) % 9 for key in cast.ITEMS}
            levels["pace"] = "unable" if n == 2 else 8
            cast.rate(session, round_, f"{group}-{n}@example.org", levels, {"pace": greek("Whose pace?")} if n == 1 else {})


def closed(session: Session) -> Study:
    study = opened(session)
    give_word(session, study, by=BEA)
    ask(session, study, RoundStep.PUBLISH, by=BEA)
    return study


def decided(session: Session) -> Study:
    """Round 1, published, and decided on in several ways."""
    study = closed(session)
    round_ = find_round(session, study, 1)
    for one in comments_to_read(session, round_):
        if one.is_unjudged:
            shown = Judgement(ReleaseState.APPROVED, greek("In other words.") if one.audience is Audience.REWORDED else "")
            judge(session, study, round_, one.id, shown, version=0, by=None, actor="researcher 1", now=cast.NOW)
    give_word(session, study, by=cast.RUTH)
    code = Code(id=CODE, study_id=study.id, name=greek("Safety"), definition=greek("Whether people feel safe."))
    session.add(code)
    session.flush()
    code_all(session, study, round_, code)
    reason = greek("They could not agree.")
    for item, verdict in {
        "pace": Verdict(Action.REWORD, reason, {"pace": greek("The person sets the pace.")}),
        "step-back": Verdict(Action.DROP, reason),
        "first-meeting-place": Verdict(Action.RE_RATE, reason),
    }.items():
        decisions.decide(session, study, round_, item, verdict, version=0, by=None, actor="researcher 1", now=cast.NOW)
    for one in comments_to_read(session, round_):
        if one.about.item.key == "pace":
            for answers in (False, True, False, True):
                link_to_decision(session, study, round_, one.id, answers=answers, actor="researcher 1", now=cast.NOW)
    change_what_is_next(session, study)
    ask(session, study, RoundStep.OPEN, by=cast.RUTH)
    return study


def change_what_is_next(session: Session, study: Study) -> None:
    """Move an item, and change what the next round asks, there and back."""
    who = {"actor": "researcher 1", "now": cast.NOW}
    edition, reason = edition_of(latest_draft(session, study)), greek("The team talked about it.")
    move_item(session, study, "going-along-offered", Place("first-meeting"), edition=edition, reason=reason, **who)
    for key in ("pace", "going-along-offered"):
        proposal = proposal_of(session, study, key)
        is_asked, seen = not proposal.is_asked, state_of(proposal)
        change_plan(session, study, key, is_asked=is_asked, reason=reason, seen=seen, **who)
    back_to_proposed(session, study, "pace", seen=state_of(proposal_of(session, study, "pace")), **who)


def code_all(session: Session, study: Study, round_: Round, code: Code) -> None:
    """Put the code on every comment, and leave its trace in the log."""
    for one in comments_to_read(session, round_):
        code_comment(session, study, round_, one.id, chosen={code.id}, shown=(), actor="researcher 1", now=cast.NOW)
        mark_read(session, study, round_, [one.id], by=None, actor="researcher 1", now=cast.NOW)
    other = add_code(session, study, greek("Place"), greek("Where."), actor="researcher 1", now=cast.NOW)
    changed = change_code(session, study, other.id, greek("Places"), "", version=1, actor="researcher 1", now=cast.NOW)
    third = merge_codes(session, study, changed.id, code.id, version=2, actor="researcher 1", now=cast.NOW)
    assert third is code
    last = add_code(session, study, greek("Odd"), "", actor="researcher 1", now=cast.NOW)
    remove_code(session, study, last.id, version=1, actor="researcher 1", now=cast.NOW)


def second_opened(session: Session) -> Study:
    study = decided(session)
    round_ = give_word(session, study, by=BEA)
    answer_second(session, round_)
    pulled = next(place.item_version.item.key for place in round_.items if place.item_version.item.key != "pace")
    who = {"actor": "researcher 1", "now": cast.NOW}
    pull_item(session, study, round_, pulled, greek("Half of its words were missing."), **who)
    extend_deadline(session, study, round_, round_.deadline + timedelta(days=7), greek("Many were away."), **who)
    plan_close(session, study, round_, 7, **who)
    count_now(session, round_, now=cast.NOW)
    wording = Wording(greek("Something new"), greek("Dear all"))
    send_news(session, study, wording, NewsAudience.EVERYBODY, key="greek", **who)
    ask(session, study, RoundStep.CLOSE, by=BEA)
    assert applicants.admit(session, cast.keyring(), study, LATE, **who) is round_
    return study


def answer_second(session: Session, round_: Round) -> None:
    for group, size in GROUPS.items():
        for n in range(2, size + 1):
            cast.rate(session, round_, f"{group}-{n}@example.org", {"pace": 7 + n % 3}, {"pace": greek("Better now.")})


def second_published(session: Session) -> Study:
    study = second_opened(session)
    give_word(session, study, by=cast.RUTH)
    ask(session, study, RoundStep.PUBLISH, by=cast.RUTH)
    give_word(session, study, by=BEA)
    return study


SCENES = {
    "before round 1": begun,
    "round 1 open": opened,
    "round 1 closed": closed,
    "decided": decided,
    "round 2 open": second_opened,
    "round 2 published": second_published,
}
