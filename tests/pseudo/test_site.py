"""Every page of the site in the made-up language, in every state of a study, for everybody who may see it."""

import shutil
from collections.abc import Callable
from itertools import product
from pathlib import Path

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from delphi.config import Settings
from delphi.database import Database
from delphi.models import Panelist, Researcher, Role, Round, Study, StudyRole
from delphi.pseudo import PSEUDO
from delphi.services.researchers import add_researcher
from delphi.web import create_app
from delphi.web.public.refusing import ENDINGS
from tests import cast
from tests.phone import present_code, second_step
from tests.pseudo import greek
from tests.pseudo.reading import plain_in_json, plain_in_page, plain_in_pdf
from tests.web.conftest import Visitor
from tests.web.test_office_routes import TABLE

OBSERVER = "observer@example.org"
PANELISTS = ("practitioners-1@example.org", "carers-3@example.org")
NEWCOMER = "academics-5@example.org"
NOBODY_IN_PARTICULAR = "practitioners-12@example.org"  # whose link is used, declined and disowned by who is not signed in
# What an argument of an address may be; one that is not here and not in the office's table fails.
VALUES: dict[str, list[object]] = {
    "slug": ["connections"],
    "number": [1],
    "key": ["first-meeting"],
    "form": ["contact", "about/background", "sections/first-meeting/propose", "your-words"],  # that carry on what was typed
    "ending": [*ENDINGS],
    "recruitment": [greek.LINK],
    "application": [cast.keyring().confirming_token(number) for number in greek.APPLICANTS],
}
ANYBODY = "anybody"
FOR_EVERYBODY = {"before round 1", "round 2 published"}  # refusals are much the same in every scene
ENDING = {"panel.leave", "panel.withdrawn", "office.sign_out"}  # last, as nobody is there any more afterwards
NO_PAGES = {"static", "public.health"}
READERS: dict[str, Callable[[TestResponse], list[str]]] = {
    "text/html": lambda answer: plain_in_page(answer.text),
    "application/json": lambda answer: plain_in_json(answer.text),
    "application/pdf": lambda answer: plain_in_pdf(answer.data),
}
NOT_READ = {"text/plain", "text/csv"}  # for programs: the lists of receipts, codes and figures
# The finished files, which are read in test_mail_and_files.
ELSEWHERE = {"office.export_file"}
PRINTS = {"panel.my_answers_pdf", "office.ethics_pack_pdf"}  # with the packs, printed by test_what_is_printed_is_translated
MEETING = "office.meeting_pdf"  # printed by test_the_sheet_for_the_meeting_is_translated


class Site:
    """The site in one scene, with what has been walked so far."""

    def __init__(self, app: Flask, database: Database) -> None:
        self.app = app
        self.database = database
        self.shown: set[str] = set()
        self.plain: dict[str, str] = {}

    def visitor(self) -> Visitor:
        return Visitor(self.app.test_client())

    def researcher(self, address: str) -> Visitor:
        browser = self.visitor()
        browser.get("/office/sign-in")
        assert browser.post("/office/sign-in", {"email": address, "password": cast.PASSWORD}).status_code == 303
        browser.get("/office/")
        return browser

    def link(self, address: str) -> str:
        with self.database.reading() as session:
            newest = session.scalars(select(Round).order_by(Round.number.desc())).first()
            return f"/p/{cast.token(session, newest, address)}" if newest else "/p/NOBODY"

    def panelist(self, address: str) -> Visitor:
        browser = self.visitor()
        link = self.link(address)
        browser.get(link)
        browser.post(link)
        return browser

    def agreed(self, address: str) -> Visitor:
        browser = self.panelist(address)
        browser.get("/panel/consent")
        browser.post("/panel/consent", {"agree": "y", "number": "1"})
        browser.get("/panel/")
        return browser

    def look(self, where: str, answer: TestResponse, endpoint: str = "") -> None:
        """Note what a reader would still understand of the answer."""
        if answer.status_code == 200:
            self.shown.add(endpoint)
        if answer.status_code in (301, 302, 303) or answer.mimetype in NOT_READ:
            return
        read = READERS[answer.mimetype]
        for text in read(answer):
            self.plain.setdefault(text, where)


def built(scene: Callable[[Session], Study], folder: Path, migrated_file: Path) -> Site:
    """Return the site with one study on it; Ruth holds all roles, somebody else may only look."""
    shutil.copy(migrated_file, folder / "delphi.sqlite3")
    settings = Settings(data=folder, secret_key=cast.SECRET, language=PSEUDO)
    database = Database(settings.database)
    with database.transaction() as session:
        study = scene(session)
        watching = add_researcher(session, OBSERVER, cast.PASSWORD, now=cast.NOW)
        session.add(StudyRole(study_id=study.id, researcher_id=watching.id, role=Role.OBSERVER, granted_at=cast.NOW))
        ruth = session.scalars(select(Researcher).where(Researcher.email == cast.RUTH)).one()
        held = set(session.scalars(select(StudyRole.role).where(StudyRole.researcher_id == ruth.id)))
        session.add_all(
            StudyRole(study_id=study.id, researcher_id=ruth.id, role=role, granted_at=cast.NOW) for role in set(Role) - held
        )
    app = create_app(settings, clock=lambda: cast.NOW)
    app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False, RATELIMIT_ENABLED=False)
    return Site(app, database)


def routes(app: Flask, method: str) -> list[Rule]:
    """Return every address that a person is answered at."""
    found = [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ()) and rule.endpoint not in NO_PAGES]
    return sorted(found, key=lambda rule: (rule.endpoint in ENDING, rule.rule))


def addresses(app: Flask, rule: Rule, token: str) -> list[str]:
    """Return the addresses of a route: one, or as many as its arguments may be."""
    values = {**VALUES, "token": [token]}
    if rule.endpoint in TABLE:
        values |= {name: [value] for name, value in TABLE[rule.endpoint].values.items()}
    unknown = sorted(rule.arguments - values.keys())
    assert not unknown, f"{rule.rule}: say in VALUES what {unknown} may be, so that the page is walked too"
    names = sorted(rule.arguments)
    with app.test_request_context():
        chosen = [dict(zip(names, each, strict=True)) for each in product(*(values[name] for name in names))]
        return [app.url_for(rule.endpoint, **each) for each in chosen]


def walk(site: Site, who: str, browser: Callable[[], Visitor], part: tuple[str, ...]) -> None:
    """Open every page of the part, then send every form of it empty."""
    visitor = browser()
    token = site.link(NOBODY_IN_PARTICULAR).removeprefix("/p/")
    for method in ("GET", "POST"):
        for rule in routes(site.app, method):
            if rule.endpoint.partition(".")[0] in part and rule.endpoint not in {*PRINTS, MEETING}:
                for url in addresses(site.app, rule, token):
                    if method == "GET":
                        site.look(f"{who} GET {rule.rule}", visitor.get(url), rule.endpoint)
                        continue
                    if "GET" not in (rule.methods or ()):
                        site.look(f"{who} GET {rule.rule}", visitor.get(url))
                    if send(site, f"{who} POST {rule.rule}", visitor, url) in (400, 401):
                        visitor = browser()  # the form before has ended their session
                        send(site, f"{who} POST {rule.rule}", visitor, url)


def send(site: Site, where: str, visitor: Visitor, url: str) -> int:
    """Send a form empty, as a browser does, and as a script does where there is one; return how the browser was answered."""
    answer = visitor.post(url)
    site.look(where, answer)
    if answer.status_code == 303:
        site.look(f"{where} and then", visitor.get(answer.headers["Location"]))
    if not url.startswith("/office/"):
        site.look(f"{where} from a script", visitor.post(url, headers={"Accept": "application/json"}))
    return answer.status_code


def walked(site: Site, *, with_everybody: bool) -> None:
    """Walk the whole site as those who take part in the study; with everybody, as strangers and onlookers too."""
    with site.database.reading() as session:
        has_round = session.scalars(select(Round)).first() is not None
    if with_everybody:
        walk(site, ANYBODY, site.visitor, ("public", "panel", "office"))
        walk(site, "observer", lambda: site.researcher(OBSERVER), ("office",))
    else:
        walk(site, ANYBODY, site.visitor, ("public",))
    if has_round:
        walk(site, "newcomer", lambda: site.panelist(NEWCOMER), ("panel",))
        for panelist in PANELISTS if with_everybody else PANELISTS[:1]:
            walk(site, "panelist", lambda panelist=panelist: site.agreed(panelist), ("panel",))
    walk(site, "researcher", lambda: site.researcher(cast.RUTH), ("office",))
    halfway(site)


def halfway(site: Site) -> None:
    """See what is asked of somebody who has given their password and signs in with a code too."""
    with site.database.transaction() as session:
        second_step(session, session.scalars(select(Researcher).where(Researcher.email == OBSERVER)).one())
    visitor = site.visitor()
    visitor.get("/office/sign-in")
    visitor.post("/office/sign-in", {"email": OBSERVER, "password": cast.PASSWORD})
    site.look("halfway GET", visitor.get("/office/sign-in/code"), "office.sign_in_code")
    send(site, "halfway POST", visitor, "/office/sign-in/code")
    visitor = site.visitor()
    visitor.get("/office/sign-in")
    visitor.post("/office/sign-in", {"email": OBSERVER, "password": cast.PASSWORD})
    visitor.get("/office/sign-in/code")
    with site.database.reading() as session:
        theirs = session.scalars(select(Researcher).where(Researcher.email == OBSERVER)).one()
        code = present_code(session, theirs)
    assert visitor.post("/office/sign-in/code", {"code": code}).status_code == 303
    site.look("second step set up", visitor.get("/office/account/second-step"))
    site.look("new codes", visitor.post("/office/account/second-step/recovery-codes", {"present": cast.PASSWORD}))
    visitor.get("/office/account/second-step")
    visitor.post("/office/account/second-step/begin", {"present": cast.PASSWORD})
    site.look("second step begun", visitor.get("/office/account/second-step"))
    send(site, "second step begun POST", visitor, "/office/account/second-step/complete")


def test_nothing_on_the_site_is_untranslated_and_every_page_is_walked(tmp_path: Path, migrated_file: Path) -> None:
    plain: dict[str, str] = {}
    shown, served = set(), set()
    for name, scene in greek.SCENES.items():
        folder = tmp_path / name
        folder.mkdir()
        site = built(scene, folder, migrated_file)
        walked(site, with_everybody=name in FOR_EVERYBODY)
        site.database.dispose()
        plain |= {text: f"{name}: {where}" for text, where in site.plain.items()}
        shown |= site.shown
        served |= {rule.endpoint for rule in routes(site.app, "GET")}

    assert not plain, "\n".join(f"{where}: {text}" for text, where in plain.items())
    assert sorted(served - shown - ELSEWHERE - PRINTS - {MEETING}) == [], (
        "no scene shows these: add what they need to tests/pseudo/greek.py"
    )


def test_the_sheet_for_the_meeting_is_translated(tmp_path: Path, migrated_file: Path) -> None:
    site = built(greek.closed, tmp_path, migrated_file)

    answer = site.researcher(cast.RUTH).get("/office/studies/connections/rounds/1/meeting.pdf")
    site.look("a meeting", answer, MEETING)

    assert site.shown == {MEETING}
    assert site.plain == {}


def test_what_is_printed_is_translated(tmp_path: Path, migrated_file: Path) -> None:
    site = built(greek.second_opened, tmp_path, migrated_file)
    panelist, ruth = site.agreed(PANELISTS[0]), site.researcher(cast.RUTH)
    with site.database.reading() as session:
        pseudonym = session.scalars(select(Panelist.pseudonym)).first()
    ruth.get("/office/studies/connections/paper")

    site.look("own answers", panelist.get("/panel/my-answers.pdf"), "panel.my_answers_pdf")
    site.look(
        "a pack",
        ruth.post("/office/studies/connections/paper", {"code": pseudonym, "return_to": greek.greek("The team")}),
        "office.paper",
    )

    site.look("an ethics pack", ruth.get("/office/studies/connections/ethics-pack.pdf"), "office.ethics_pack_pdf")

    assert site.shown == {*PRINTS, "office.paper"}
    assert site.plain == {}
