"""The promise to those who write: who wrote which comment changes nothing that anybody but the writers is shown.

A study is built once; in a copy of its database the comments and proposals have changed hands, and nothing else. Every page,
the team's included, and every file must say the same on both sites. What is not released is on none of them but the team's.
"""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.config import Settings
from delphi.database import Database
from delphi.models import Action, Audience, Comment, ProposalState, ReleaseState, Study
from delphi.reports import exporting
from delphi.services import decisions, moderation, proposals, ratings, rounds, studies
from delphi.services.consent import current_consent
from delphi.services.decisions import Verdict
from delphi.services.moderation import Judgement
from delphi.services.panel import agree
from delphi.services.proposals import Outcome
from delphi.services.remarks import Remark
from delphi.web import create_app
from tests import cast
from tests.test_disclosure_everywhere import FAR_OFF, Site, comparable, recruit, visited
from tests.web.conftest import Visitor

GROUPS = {"Carers": 6, "Practitioners": 12}
WRITERS = [f"practitioners-{n}@example.org" for n in range(1, 5)]
READERS = ("carers-1@example.org", "practitioners-12@example.org")
OFFICE = ("results", "decisions", "comments", "proposals", "items/pace", "items/going-along-offered")
HIDDEN = ("OUT-OF-HAND", "TEAM-ALONE", "BEFORE-REWORDING", "NEVER-JUDGED", "STOPPED", "TAKEN-BACK", "REASON-FOR-ONE", "PROPOSED")
SHOWN = ("IN-OWN-WORDS", "AFTER-REWORDING", "CHANGED-BY-THEM")
# What each of four says of every item, for whom, and what becomes of it; the items differ in who says which.
FATES = [
    ("IN-OWN-WORDS", Audience.VERBATIM, Judgement(ReleaseState.APPROVED)),
    ("BEFORE-REWORDING", Audience.REWORDED, Judgement(ReleaseState.APPROVED, "AFTER-REWORDING")),
    ("OUT-OF-HAND", Audience.VERBATIM, Judgement(ReleaseState.WITHHELD, reason="REASON-FOR-ONE of them.")),
    ("TEAM-ALONE", Audience.TEAM, None),
]
ON_THE_FIRST = [
    ("NEVER-JUDGED", Audience.VERBATIM, None),
    ("STOPPED", Audience.VERBATIM, Judgement(ReleaseState.APPROVED)),
    ("TAKEN-BACK", Audience.VERBATIM, Judgement(ReleaseState.APPROVED)),
]
WHO = {"by": None, "actor": "researcher 1", "now": cast.NOW}


def fates() -> Iterator[tuple[str, str, str, Audience, Judgement | None]]:
    """Yield item, writer, text, readers and judgement of every comment."""
    for place, key in enumerate(cast.ITEMS[1:]):
        for n, (text, audience, judgement) in enumerate(FATES):
            yield key, WRITERS[(n + place) % 4], f"{text} on {key}", audience, judgement
    for n, (text, audience, judgement) in enumerate(ON_THE_FIRST):
        yield cast.ITEMS[0], WRITERS[n], text, audience, judgement


def first_round(session: Session, study: Study) -> None:
    """Have everybody rate and four of them write; judge, publish, take one comment back, decide and settle."""
    round_ = cast.open_round(session, study)
    for group, size in GROUPS.items():
        for n in range(1, size + 1):
            levels = {key: 9 if n % 2 else 2 for key in cast.ITEMS}  # they do not agree, so the report prints reasons
            cast.rate(session, round_, f"{group.lower()}-{n}@example.org", levels)
    for key, writer, text, audience, _ in fates():
        ratings.save(session, cast.member(session, round_, writer), {}, {key: Remark(text, 0, audience)}, now=cast.NOW)
    for writer in WRITERS[:2]:
        words = {"step-back": Remark(f"PROPOSED by {writer[-13]}")}
        ratings.save(session, cast.member(session, round_, writer), {}, {}, words, now=cast.NOW)
    rounds.close_round(session, study, round_, actor="researcher 1", now=cast.NOW)
    by_text = {one.text: one for one in session.scalars(select(Comment))}
    for _, _, text, _, judgement in fates():
        if judgement is not None:
            moderation.judge(session, study, round_, by_text[text].id, judgement, version=0, **WHO)
    moderation.object_to(session, by_text["STOPPED"].panelist_id, by_text["STOPPED"].id, objects=True)
    rounds.publish_round(session, study, round_, actor="researcher 1", now=cast.NOW)
    moderation.retract(session, study, round_, by_text["TAKEN-BACK"].id, "REASON-FOR-ONE of them.", version=2, **WHO)
    answered = [one.id for text, one in by_text.items() if text.endswith("pace")]
    verdict = Verdict(Action.REWORD, "CHANGED-BY-THEM all.", {"pace": "The person sets the pace."}, answers=answered)
    decisions.decide(session, study, round_, "pace", verdict, version=0, **WHO)
    for one in proposals.proposals_to_read(session, round_):
        outcome = Outcome(ProposalState.DECLINED, "REASON-FOR-ONE of them.")
        proposals.settle(session, study, round_, one.id, outcome, version=one.version, **WHO)


def change_hands(file: Path) -> int:
    """Give each comment and each proposal to another of its item's writers, in the file itself; return how many there were."""
    n_changed = 0
    with closing(connect(file)) as connection, connection:
        for table in ("comments", "proposals"):
            rows = connection.execute(f"SELECT item_version_id, id, panelist_id FROM {table} ORDER BY 1, 2").fetchall()
            for item in {row[0] for row in rows}:
                ids, owners = zip(*[row[1:] for row in rows if row[0] == item], strict=True)
                assert len(set(owners)) > 1
                for id_, nobody in zip(ids, range(-1, -len(ids) - 1, -1), strict=True):
                    connection.execute(f"UPDATE {table} SET panelist_id = ? WHERE id = ?", (nobody, id_))
                for id_, owner in zip(ids, (*owners[1:], owners[0]), strict=True):
                    connection.execute(f"UPDATE {table} SET panelist_id = ? WHERE id = ?", (owner, id_))
                    n_changed += 1
    return n_changed


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[tuple[Site, Site]]:
    """The study in its second round, and the same with other writers."""
    folder = tmp_path_factory.mktemp("writers")
    files = [folder / name / "delphi.sqlite3" for name in ("written", "changed")]
    for file in files:
        file.parent.mkdir()
    shutil.copy(migrated_file, files[0])
    database = Database(f"sqlite:///{files[0]}")
    with database.transaction() as session:
        study = cast.begin_study(session)
        cast.add_panel(session, study, GROUPS)
        first_round(session, study)
        round_ = rounds.open_round(session, cast.keyring(), study, actor="researcher 1", now=cast.NOW, deadline=FAR_OFF)
        links = {}
        for address in (*READERS, *WRITERS):
            agree(session, cast.member(session, round_, address).panelist, current_consent(session, study), now=cast.NOW)
            links[address] = cast.token(session, round_, address)
        for address in READERS:
            ratings.finish(session, cast.member(session, round_, address), now=cast.NOW)
        recruit(session, study)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    shutil.copy(files[0], files[1])
    assert change_hands(files[1]) == 17
    made = [_site(file, links) for file in files]
    yield made[0], made[1]
    for site in made:
        site.database.dispose()


def _site(file: Path, links: dict[str, str]) -> Site:
    settings = Settings(data=file.parent, secret_key=cast.SECRET)
    app = create_app(settings)
    app.config.update(TESTING=True, RATELIMIT_ENABLED=False)
    return Site(app, Database(settings.database), links)


def texts_of(site: Site, address: str) -> dict[str, str]:
    """Return every page outside the office as this person sees it, by address."""
    return {url: text for pages in visited(site, address).values() for url, (_, _, text) in pages.items()}


def office_of(site: Site) -> dict[str, str]:
    """Return the team's pages about what was written."""
    ruth = Visitor(site.app.test_client())
    ruth.get("/office/sign-in")
    ruth.post("/office/sign-in", {"email": cast.RUTH, "password": cast.PASSWORD})
    study = "/office/studies/connections"
    pages = {path: ruth.get(f"{study}/rounds/1/{path}").get_data(as_text=True) for path in OFFICE}
    return {path: comparable(text) for path, text in {**pages, "log": ruth.get(f"{study}/log").get_data(as_text=True)}.items()}


def exported(site: Site) -> dict[str, bytes]:
    with site.database.reading() as session:
        study = studies.find_study(session, "connections")
        kinds = [kind for kind in exporting.KINDS if not kind.endswith(".pdf")]  # it is the HTML, printed
        return {kind: exporting.export(session, study, kind, now=cast.NOW).content for kind in kinds}


@pytest.mark.parametrize("address", READERS)
def test_who_wrote_what_changes_no_page_of_anybody_else(sites: tuple[Site, Site], address: str) -> None:
    before, after = (texts_of(site, address) for site in sites)

    assert before.keys() == after.keys()
    assert [url for url in before if before[url] != after[url]] == []


def test_nor_any_page_of_the_team_nor_any_file(sites: tuple[Site, Site]) -> None:
    team, files = ([read(site) for site in sites] for read in (office_of, exported))

    assert [path for path in team[0] if team[0][path] != team[1][path]] == []
    assert files[0] == files[1]
    assert all(word in team[0]["comments"] for word in (*HIDDEN[:6], *SHOWN[:2]))


def test_what_is_not_released_is_on_no_page_of_a_reader_and_in_no_file(sites: tuple[Site, Site]) -> None:
    pages = [text for address in READERS for text in texts_of(sites[0], address).values()]
    files = {kind: content.decode() for kind, content in exported(sites[0]).items()}

    assert [word for word in HIDDEN if any(word in text for text in (*pages, *files.values()))] == []
    assert all(any(word in text for text in pages) for word in SHOWN)
    printing = {kind for kind, text in files.items() if "IN-OWN-WORDS on step-back" in text}
    assert printing == files.keys() - {"panel.csv"}  # in the report too: they do not agree on it


def test_a_writer_is_told_of_their_own_words_and_of_nobody_elses(sites: tuple[Site, Site]) -> None:
    own = {writer: {text for _, who, text, *_ in fates() if who == writer} for writer in WRITERS}
    unreleased = {text for texts in own.values() for text in texts if text.startswith(HIDDEN)}

    for writer in WRITERS:
        pages = " ".join(texts_of(sites[0], writer).values())
        assert "Changed because of you" in pages
        assert {text for text in unreleased if text in pages} == own[writer] & unreleased


def test_on_the_other_site_it_is_others_who_are_told(sites: tuple[Site, Site]) -> None:
    before, after = (texts_of(site, WRITERS[0]) for site in sites)

    assert [url for url in before if before[url] != after[url]] != []
