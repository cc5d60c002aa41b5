"""What the researchers' pages ask of the database: as much for 5,000 people as for 50."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from delphi.config import Settings
from delphi.database import Database
from delphi.exports import render
from delphi.models import (
    Audience,
    Code,
    Comment,
    CommentVersion,
    Conversation,
    Proposal,
    ProposalVersion,
    Round,
    RoundMember,
    Study,
    StudyRole,
)
from delphi.models.studies import Role
from delphi.services.messages import write_to_team
from delphi.services.researchers import find_researcher
from delphi.web import create_app
from tests import cast, crowd
from tests.phone import second_step
from tests.statements import asked_by
from tests.web import stages
from tests.web.conftest import Visitor
from tests.web.office_table import TABLE

SIZES = {"fifty": 50, "thousands": 5000}
SECONDS = {slug: f"sol-{slug}@example.org" for slug in SIZES}
ITEMS = 6
MOST_SILENT, FEWEST = 125, 12  # one of so many people writes, and enough of them for their groups to be told
MOST = 70  # statements of any page
PLACES = list(SIZES)
# What the office's table says of an address, told of the crowd's study; pages on an open round are asked of its second one.
NUMBERS = {"office.round_page": 2, "office.close_round": 2, "office.assisted": 2, "office.draft_changes": 2}
KEYS = {
    "office.item": "item-0",
    "office.plan_item": "item-0",
    "office.move_item": "item-0",
    "office.assisted_section": crowd.SECTION.rpartition("/")[2],
    "office.edit_section": "long-section",
    "office.mark_items": "long-section",
}
WORD = "step"  # looked for: it stands in every item and every comment


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, migrated_file: object) -> Iterator[tuple[Flask, Visitor, Visitor]]:
    """One study of fifty people and one of thousands, both in their second round.

    They are seen by Ruth, who holds every role and reads for safety; somebody else has given the password and not yet the code.
    """
    import shutil

    folder = tmp_path_factory.mktemp("costs")
    shutil.copy(str(migrated_file), folder / "delphi.sqlite3")
    settings = Settings(data=folder, secret_key=cast.SECRET)
    database = Database(settings.database)
    with database.transaction() as session:
        for place, (slug, raters) in enumerate(SIZES.items(), start=1):
            round_ = crowd.in_round_two(session, raters=raters, items=ITEMS, slug=slug, second=SECONDS[slug])
            _furnish(session, round_, place)
            _let_them_write(session, round_, max(FEWEST, raters // MOST_SILENT))
        second_step(session, find_researcher(session, SECONDS["fifty"]))
    for slug in SIZES:
        render(settings, slug, str(TABLE["office.export_file"].values["kind"]))
    app = create_app(settings, clock=lambda: cast.NOW)
    app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False, RATELIMIT_ENABLED=False)
    yield app, _with_password(app, cast.RUTH), _with_password(app, SECONDS["fifty"])
    database.dispose()


def _with_password(app: Flask, address: str) -> Visitor:
    visitor = Visitor(app.test_client())
    visitor.get("/office/sign-in")
    assert visitor.post("/office/sign-in", {"email": address, "password": cast.PASSWORD}).status_code == 303
    return visitor


def _furnish(session, round_: Round, place: int) -> None:  # type: ignore[no-untyped-def]
    """Give the study what the pages of its table need, with the number of its place for a key, and Ruth the roles she lacks."""
    study = session.get_one(Study, round_.study_id)
    held = {one.role for one in study.roles}
    ruth = cast.ruth(session).id
    session.add_all(StudyRole(study_id=study.id, researcher_id=ruth, role=role, granted_at=cast.NOW) for role in set(Role) - held)
    panelist = cast.member(session, round_, crowd.FIRST).panelist
    stages.invitation(session, study, number=place)
    session.add(Conversation(id=place, study_id=study.id, panelist_id=panelist.id))
    write_to_team(session, cast.keyring(), panelist, "May I ask something?", now=cast.NOW)
    first = session.query(Round).filter_by(study_id=study.id, number=1).one()
    proposal = Proposal(id=place, round_id=first.id, panelist_id=panelist.id, section_key="long-section")
    proposal.versions = [ProposalVersion(number=1, text="Somebody thanks the organiser.")]
    session.add_all([proposal, Code(id=place, study_id=study.id, name="Safety", definition="")])
    session.flush()


def _let_them_write(session, round_: Round, n: int) -> None:  # type: ignore[no-untyped-def]
    """Let so many people comment on an item, propose one, and write to the team."""
    first = session.query(Round).filter_by(study_id=round_.study_id, number=1).one()
    silent = RoundMember.panelist_id.not_in(select(Comment.panelist_id).where(Comment.round_id == first.id))
    members = session.query(RoundMember).filter(RoundMember.round_id == first.id, silent).limit(n).all()
    asked = first.items[0].item_version_id
    for place, member in enumerate(members):
        comment = Comment(round_id=first.id, panelist_id=member.panelist_id, item_version_id=asked)
        comment.versions = [CommentVersion(number=1, text=f"Thought {place} of this step.", audience=Audience.VERBATIM)]
        proposal = Proposal(round_id=first.id, panelist_id=member.panelist_id, section_key="long-section")
        proposal.versions = [ProposalVersion(number=1, text=f"Proposal {place}.")]
        session.add_all([comment, proposal])
        write_to_team(session, cast.keyring(), member.panelist, f"Question {place}?", now=cast.NOW)
    session.flush()


def address(app: Flask, endpoint: str, slug: str) -> str:
    place = PLACES.index(slug) + 1
    ours = {
        "slug": slug,
        "number": NUMBERS.get(endpoint, 1),
        "key": KEYS.get(endpoint, place),
        "proposal_id": place,
        "code": place,
        "token": stages.invitation_token(place),
    }
    values = {name: ours.get(name, value) for name, value in TABLE[endpoint].values.items()}
    with app.test_request_context():
        return app.url_for(endpoint, **values) + (f"?q={WORD}" if endpoint == "office.search" else "")


def pages(app: Flask) -> list[str]:
    return sorted(rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint in TABLE and "GET" in (rule.methods or ()))


def test_a_page_asks_as_much_of_the_database_for_thousands_as_for_fifty(site: tuple[Flask, Visitor, Visitor]) -> None:
    app, ruth, halfway = site
    asked: dict[str, dict[str, list[str]]] = {slug: {} for slug in SIZES}
    statuses = {}
    for slug in SIZES:
        for endpoint in pages(app):
            visitor = halfway if TABLE[endpoint].halfway else ruth
            with asked_by(app) as asked[slug][endpoint], visitor.get(address(app, endpoint, slug)) as answer:
                statuses[slug, endpoint] = answer.status_code

    assert {page: status for page, status in statuses.items() if status != 200} == {}  # what is refused costs little
    counted = {endpoint: [len(asked[slug][endpoint]) for slug in SIZES] for endpoint in pages(app)}
    assert {endpoint: each for endpoint, each in counted.items() if len(set(each)) > 1} == {}
    assert {endpoint: each for endpoint, each in counted.items() if max(each) > MOST} == {}
