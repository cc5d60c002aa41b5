"""The promise to small groups: their answers change nothing that a panelist or a published file shows, their own apart.

Two sites are built alike, with groups of 4, 6 and 12. In the second, four people of the smallest group and four of the
next-smallest have swapped their answers. The panel as a whole answered the same; so must every page, chart and file say.
"""

import random
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from delphi.config import Settings
from delphi.database import Database
from delphi.models import Action, Applicant, Panelist, PanelistAttribute, Round, StakeholderGroup, Study
from delphi.reports import exporting
from delphi.services import attributes, decisions, ratings, results, rounds, studies
from delphi.services.ballots import questionnaire_of
from delphi.services.consent import current_consent
from delphi.services.decisions import Verdict
from delphi.services.drafts import latest_draft, outline_of
from delphi.services.keyring import link_digest
from delphi.services.panel import agree
from delphi.services.protocol import choices_of, current_protocol
from delphi.services.recruiting import Call, save_recruitment
from delphi.statistics.presets import PRESETS
from delphi.web import create_app
from delphi.web.public.refusing import ENDINGS
from tests import cast
from tests.web.conftest import Visitor

GROUPS = {"Carers": 4, "Academics": 6, "Practitioners": 12}
SEED = 20260302
FAR_OFF = datetime(2126, 3, 2, 9, 0, tzinfo=UTC)
RECRUITMENT, APPLICANT = "0123456789ABCDEFGHJK", 4711
PARTS = ("public", "panel")  # of the site: all that is not the office
# One of each group whose own answers are the same on both sites: the swap of the first two is of like with like.
WITNESSES = ("carers-1@example.org", "academics-1@example.org", "academics-5@example.org", "practitioners-1@example.org")
SCENES = [("70/15", "round 2 open"), ("70/15-every-group", "round 2 published")]

# What is drawn by chance when a site is built, and may differ; anything else may not.
CHANCE = {
    "FORM-TOKEN": re.compile(r'(?<=name="csrf_token" value=")[^"]+|(?<=name="csrf-token" content=")[^"]+'),
    "LINK": re.compile(r"\b[0-9A-HJKMNP-TV-Z]{26}\b"),
    "RECEIPT": re.compile(r"\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}\b"),
    "PSEUDONYM": re.compile(r"\bP-[0-9A-HJKMNP-TV-Z]{5}\b"),
    "RANDOM-KEY": re.compile(r"\b\d{13,16}\b"),
}

# It holds what /panel/my-answers holds, and takes seconds to make each time.
SAME_ON_A_PAGE = {"/panel/my-answers.pdf"}

Answers = dict[str, dict[str, int | str]]
Page = tuple[int, str, str]  # status, where it leads, what it says


@dataclass(frozen=True)
class Site:
    """One of the two: its application, its database, and each person's link to round 2."""

    app: Flask
    database: Database
    links: Mapping[str, str]


def people(group: str) -> list[str]:
    return [f"{group.lower()}-{n}@example.org" for n in range(1, GROUPS[group] + 1)]


def drawn(items: list[str], seed: int) -> Answers:
    """Return everybody's answers: carers find things unimportant, academics important, practitioners are of all minds."""
    chance = random.Random(seed)
    levels = {"Carers": [1, 2, 3, 4], "Academics": [6, 7, 8, 9], "Practitioners": [2, 5, 7, 8, 9]}
    answers: Answers = {
        address: {item: chance.choice(levels[group]) for item in items} for group in GROUPS for address in people(group)
    }
    # Here the carers alone stop every group from agreeing: 2 of the 3 who rate it do. Swapped, it is 4 of 5 academics. One of
    # the two items is reworded afterwards; whether the other is asked again hangs on its verdict alone.
    for item in sorted({"pace", "going-along-offered"} & set(items)):
        for address in answers:
            answers[address][item] = {"carers-2@example.org": "unable", "carers-3@example.org": 5}.get(address, 9)
    answers["academics-1@example.org"] = dict(answers["carers-1@example.org"])
    return answers


def swapped(answers: Answers) -> Answers:
    """Return the answers with those of the four carers and of four academics exchanged."""
    exchange = dict(zip(people("Carers"), people("Academics"), strict=False))
    exchange |= {academic: carer for carer, academic in exchange.items()}
    return {address: answers[exchange.get(address, address)] for address in answers}


def answer(session: Session, round_: Round, *, is_swapped: bool) -> None:
    """Have everybody rate everything; a word in a comment goes with the ratings."""
    items = [version.item.key for version in questionnaire_of(session, round_).items]
    answers = drawn(items, SEED + round_.number)
    for address, mine in (swapped(answers) if is_swapped else answers).items():
        cast.rate(
            session, round_, address, mine, {"pace": f"My ratings add up to {sum(v for v in mine.values() if v != 'unable')}."}
        )


def know(session: Session, study: Study, *, is_swapped: bool) -> None:
    """Let the team know where people live: of the carers other places, and of another number of them, in the second site."""
    places = {"Academics": ["South"] * 6, "Practitioners": ["North"] * 12, "Carers": ["Orkney"] * 2}
    places |= {"Carers": ["Skye"] * 3} if is_swapped else {}
    for panelist in session.scalars(select(Panelist).order_by(Panelist.id)):
        if places[panelist.group.label]:
            session.add(PanelistAttribute(panelist_id=panelist.id, name="Region", value=places[panelist.group.label].pop()))
    session.flush()
    attributes.release_heads(session, study, choices_of(current_protocol(session, study)).policy)


def first_round(session: Session, study: Study, *, is_swapped: bool) -> None:
    """Publish round 1, reword one item and drop another."""
    round_ = cast.open_round(session, study)
    answer(session, round_, is_swapped=is_swapped)
    cast.close_and_publish(session, study, round_)
    for item, verdict in {
        "pace": Verdict(Action.REWORD, "It was not clear whose pace.", {"pace": "The person sets the pace."}),
        "step-back": Verdict(Action.DROP, "It says what another item says."),
        "first-meeting-place": Verdict(Action.RE_RATE, "We should like to hear more."),
    }.items():
        decisions.decide(session, study, round_, item, verdict, version=0, by=None, actor="researcher 1", now=cast.NOW)


def second_round(session: Session, study: Study, scene: str, *, is_swapped: bool) -> dict[str, str]:
    """Open round 2, have it answered and, if the scene says so, published; return everybody's link to it."""
    round_ = rounds.open_round(session, cast.keyring(), study, actor="researcher 1", now=cast.NOW, deadline=FAR_OFF)
    answer(session, round_, is_swapped=is_swapped)
    consent = current_consent(session, study)
    for address in WITNESSES:
        member = cast.member(session, round_, address)
        agree(session, member.panelist, consent, now=cast.NOW)
        ratings.finish(session, member, now=cast.NOW)
    if scene == "round 2 published":
        cast.close_and_publish(session, study, round_)
    return {address: cast.token(session, round_, address) for address in WITNESSES}


def recruit(session: Session, study: Study) -> None:
    """Let people ask to join by the study's link, and somebody wait to confirm an address."""
    kept = save_recruitment(session, study, Call("We look for carers."), version=0, actor="researcher 1", now=cast.NOW)
    call = Call("We look for carers.", is_open=True)
    kept = save_recruitment(session, study, call, version=kept.version, actor="researcher 1", now=cast.NOW)
    kept.key = RECRUITMENT
    keyring, token = cast.keyring(), cast.keyring().confirming_token(APPLICANT)
    one = Applicant(id=APPLICANT, study_id=study.id, asked_on=datetime.now(UTC).date(), link_digest=link_digest(token))
    one.name_ciphertext, one.address_ciphertext = keyring.encrypt("Dora"), keyring.encrypt("dora@example.org")
    one.address_hash = keyring.address_hash("dora@example.org")
    one.group_id = session.scalars(select(StakeholderGroup.id).where(StakeholderGroup.study_id == study.id)).first()
    session.add(one)
    session.flush()


def build(folder: Path, empty: Path, rule: str, scene: str, *, is_swapped: bool) -> Site:
    """Return a site with the study on it, made by the services alone."""
    folder.mkdir()
    shutil.copy(empty, folder / "delphi.sqlite3")
    settings = Settings(data=folder, secret_key=cast.SECRET)
    database = Database(settings.database)
    with database.transaction() as session:
        study = cast.begin_study(session)
        cast.choose(session, study, rule=PRESETS[rule].written)
        cast.add_panel(session, study, GROUPS)
        know(session, study, is_swapped=is_swapped)
        first_round(session, study, is_swapped=is_swapped)
        links = second_round(session, study, scene, is_swapped=is_swapped)
        recruit(session, study)
    app = create_app(settings)
    app.config.update(TESTING=True, RATELIMIT_ENABLED=False)
    return Site(app, database, links)


@pytest.fixture(scope="module", params=SCENES, ids=lambda scene: ", ".join(scene))
def sites(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, migrated_file: Path
) -> Iterator[tuple[Site, Site]]:
    """The two sites in one scene: as answered, and with the answers swapped."""
    folder = tmp_path_factory.mktemp("sites")
    pair = tuple(
        build(folder / name, migrated_file, *request.param, is_swapped=name == "swapped") for name in ("as-answered", "swapped")
    )
    yield pair[0], pair[1]
    for site in pair:
        site.database.dispose()


def comparable(text: str) -> str:
    """Return the text with all that chance has drawn put in one form."""
    for name, pattern in CHANCE.items():
        text = pattern.sub(name, text)
    return text


def routes(app: Flask) -> list[Rule]:
    """Return every address outside the office that answers a GET."""
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and rule.rule not in SAME_ON_A_PAGE]
    return [rule for rule in rules if rule.endpoint.partition(".")[0] in PARTS]


def addresses_of(rule: Rule, values: Mapping[str, list[str]]) -> list[str]:
    """Return the addresses to visit for a route; one with an argument that nothing is known of fails here."""
    unknown = sorted(rule.arguments - values.keys())
    assert not unknown, f"{rule.rule}: say in this test what {unknown} may be, so that the page is compared too"
    urls = [rule.rule]
    for argument in rule.arguments:
        urls = [re.sub(rf"<(\w+:)?{argument}>", value, url) for url in urls for value in values[argument]]
    return urls


def visited(site: Site, address: str) -> dict[str, dict[str, Page]]:
    """Return what this person is shown at every address, by route: signed in, and before that as anybody."""
    with site.database.reading() as session:
        study = studies.find_study(session, "connections")
        chapters = [chapter.key for chapter in outline_of(session, latest_draft(session, study)).chapters]
    values = {
        "token": [site.links[address]],
        "key": chapters,
        "slug": ["connections"],
        "number": ["1"],
        "ending": sorted(ENDINGS),
        "recruitment": [RECRUITMENT],
        "application": [cast.keyring().confirming_token(APPLICANT)],
    }
    visitor = Visitor(site.app.test_client())
    pages: dict[str, dict[str, Page]] = {}
    for who in ("anybody", "panelist"):
        if who == "panelist":
            visitor.get(f"/p/{site.links[address]}")
            assert visitor.post(f"/p/{site.links[address]}").status_code == 303
        for rule in routes(site.app):
            for url in addresses_of(rule, values):
                response = visitor.client.get(url)
                page = response.status_code, response.headers.get("Location", ""), comparable(response.get_data(as_text=True))
                pages.setdefault(rule.rule, {})[f"{who} {comparable(url)}"] = page
    return pages


def exported(site: Site) -> dict[str, bytes]:
    with site.database.reading() as session:
        study = studies.find_study(session, "connections")
        return {kind: exporting.export(session, study, kind, now=cast.NOW).content for kind in exporting.KINDS}


@pytest.mark.parametrize("address", WITNESSES)
def test_no_page_tells_of_a_hidden_group(sites: tuple[Site, Site], address: str) -> None:
    before, after = (visited(site, address) for site in sites)

    assert before.keys() == after.keys()
    different = [url for route in before for url in before[route] if before[route][url] != after[route][url]]
    assert different == []


def test_every_page_outside_the_office_is_among_those_compared(sites: tuple[Site, Site]) -> None:
    seen = [visited(sites[0], address) for address in WITNESSES]

    shown = {route for pages in seen for route in pages if any(status == 200 for status, _, _ in pages[route].values())}

    assert {rule.rule for rule in routes(sites[0].app)} == shown
    assert "/panel/results" in shown
    blueprints = {rule.endpoint.partition(".")[0] for rule in sites[0].app.url_map.iter_rules()}
    assert blueprints == {*PARTS, "office", "static"}


def test_the_pages_that_are_compared_do_show_figures(sites: tuple[Site, Site]) -> None:
    pages = visited(sites[0], "practitioners-1@example.org")

    text = "".join(said for route in pages.values() for _, _, said in route.values())

    for mark in ('class="band"', "<summary>By group</summary>", "<b>you</b>", " of 22 people chose 7 to 9"):
        assert mark in text


def test_no_published_file_tells_of_a_hidden_group(sites: tuple[Site, Site], tmp_path: Path) -> None:
    before, after = (exported(site) for site in sites)

    assert [kind for kind in exporting.KINDS if kind != "manual.pdf" and before[kind] != after[kind]] == []
    words = [printed(files["manual.pdf"], tmp_path) for files in (before, after)]
    assert "Evidence for every item" in words[0]
    assert b"these answered: North: 12 of 12, others, not named here: 10 of 10." in before["manual.md"]
    assert words[0] == words[1]


def printed(pdf: bytes, folder: Path) -> str:
    program = shutil.which("pdftotext")
    assert program, "pdftotext is missing: apt-get install poppler-utils"
    (folder / "manual.pdf").write_bytes(pdf)
    return subprocess.run([program, "-layout", "manual.pdf", "-"], cwd=folder, check=True, capture_output=True, text=True).stdout


def test_to_the_team_the_two_sites_differ(sites: tuple[Site, Site]) -> None:
    views = []
    for site in sites:
        with site.database.reading() as session:
            study = studies.find_study(session, "connections")
            views.append(results.team_view(session, studies.find_round(session, study, 1))["items"])

    pace = [next(item for item in view if item["item"] == "pace") for view in views]
    assert [one["group_verdicts"]["Carers"] for one in pace] == ["no consensus", "consensus in"]
    assert [one["panel"] for one in views[0]] == [one["panel"] for one in views[1]]
    assert all(before["groups"][:2] != after["groups"][:2] for before, after in zip(*views, strict=True))
