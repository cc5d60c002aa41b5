"""Every form of the panelist's side that holds words: refused, they come back to their writer and to nobody else."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from flask import Flask
from sqlalchemy import select

from delphi.database import Database
from delphi.models import Message, Proposal, Round, Study
from delphi.services import rounds
from delphi.services.background import parse_questions
from delphi.services.consent import save_consent
from delphi.web.panel.held import FORMS
from tests import cast
from tests.fields import PACE
from tests.web.conftest import Visitor
from tests.web.test_interrupted import ADA, BO, MARKUP, SECTION, fields_of, said, sign_out

ABOUT, PROPOSE, CONTACT = "/panel/about", f"{SECTION}/propose", "/panel/contact"
QUESTIONS = parse_questions("How long have you done this?\n- Under two years\n- Longer")
NOT_SAVED = "What you typed or chose is not saved yet."
# What needs no agreement first: a question about the new information, and who is signed out reads no such thing.
WITHOUT_CONSENT = {"panel.contact"}
# Forms that no page shows of who has agreed, before a comment is approved, reminders are paused or words are held: no boxes.
SELDOM = {"panel.consent", "panel.stop_showing", "panel.resume", "panel.show_typed"}


@dataclass(frozen=True)
class Typed:
    """What somebody typed or chose in a form: where, the fields, how it reads when held, and how it stands in its place."""

    address: str
    fields: dict[str, object]
    held: str = MARKUP
    shown: str = MARKUP


TYPED = {
    "panel.save_section": Typed(SECTION, {PACE.comment: MARKUP}),
    "panel.save_proposal": Typed(PROPOSE, {"text": MARKUP}),
    "panel.contact": Typed(CONTACT, {"message": MARKUP}),
    "panel.about_background": Typed(f"{ABOUT}/background", {"question-1": "Longer"}, "Longer", 'value="Longer" checked'),
    "panel.about_perspective": Typed(f"{ABOUT}/perspective", {"also": "Academics"}, "Academics", 'value="Academics" checked'),
    "panel.about_interests": Typed(f"{ABOUT}/interests", {"interests": MARKUP}),
    "panel.about_thanks": Typed(f"{ABOUT}/thanks", {"name": "Ada “A.” Person"}, "Ada “A.” Person", 'value="Ada “A.” Person"'),
    "panel.stop_showing": Typed("/panel/your-words", {"comment": "1"}, "Do not show this", NOT_SAVED),
}
each_form = pytest.mark.parametrize("endpoint", FORMS)


@dataclass
class Seen(HTMLParser):
    """The forms of a page: for each where it goes, and the names and kinds of its fields."""

    html: str
    forms: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    inside: bool = False

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.inside = given.get("method") == "post"
            self.forms += [(given.get("action") or "", {})] if self.inside else []
        elif tag in ("input", "textarea") and self.inside:
            kind = "text" if tag == "textarea" else given.get("type") or "text"
            self.forms[-1][1][given.get("name") or ""] = kind

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "form"


@pytest.fixture
def open_study(database: Database) -> None:
    """An open first round with six carers and six academics, who are asked a background question."""
    with database.transaction() as session:
        study = cast.begin_study(session)
        cast.add_panel(session, study, {"Carers": 6, "Academics": 6})
        cast.choose(session, study, questions=QUESTIONS)
        cast.open_round(session, study)


@pytest.fixture
def change_consent(database: Database) -> Callable[[], None]:
    def change() -> None:
        with database.transaction() as session:
            study = session.scalars(select(Study)).one()
            save_consent(session, study, "Quotes are printed.", "I agree.", number=1, actor="researcher 1", now=cast.NOW)

    return change


@pytest.fixture
def is_empty(database: Database) -> Callable[[], bool]:
    """Return a way to see that no proposal and no message was kept."""

    def look() -> bool:
        with database.reading() as session:
            return not session.scalars(select(Proposal)).all() and not session.scalars(select(Message)).all()

    return look


def form_of(visitor: Visitor, typed: Typed) -> dict[str, object]:
    """Return this form as the visitor's browser sends it; the button of a comment says whose it is as the section's form does."""
    ballot = fields_of(visitor.get(SECTION))["ballot"]
    fields = fields_of(visitor.get(typed.address))
    return {**({"ballot": ballot} if "your-words" in typed.address else {}), **fields, **typed.fields}


def in_panel(app: Flask, method: str) -> Iterator[tuple[str, str]]:
    """Yield each endpoint of the panelist's side that answers this method, with an address."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("panel.") and method in (rule.methods or ()):
            yield rule.endpoint, rule.rule.replace("<key>", "first-meeting").replace("<path:form>", "contact")


def test_every_form_with_a_box_to_write_in_is_held_and_says_whose_it_is(ada: Visitor, app: Flask) -> None:
    routes, found = app.url_map.bind(""), {}
    for _, address in in_panel(app, "GET"):
        answer = ada.get(address)
        if answer.mimetype == "text/html" and answer.status_code == 200:
            for action, fields in Seen(answer.text).forms:
                endpoint = routes.match(action.partition("?")[0] or address, method="POST")[0]
                found.setdefault(endpoint, {}).update(fields)

    assert {endpoint for endpoint, _ in in_panel(app, "POST")} == set(found) | SELDOM
    with_words = {endpoint for endpoint, fields in found.items() if {"text", "email", "tel", "search"} & set(fields.values())}
    assert with_words
    assert with_words <= set(FORMS)
    assert [endpoint for endpoint in FORMS if endpoint in found and "ballot" not in found[endpoint]] == []


@each_form
def test_signed_out_it_is_held_and_stands_in_its_place_after_coming_in(
    endpoint: str, ada: Visitor, enter: Callable[..., Visitor], is_empty: Callable[[], bool]
) -> None:
    typed = TYPED[endpoint]
    form = form_of(ada, typed)
    sign_out(ada)

    refused = ada.post(typed.address, form)
    again = ada.post(f"{typed.address}/typed", fields_of(refused))
    enter(ADA, ada)
    shown = ada.post(f"{typed.address}/typed", fields_of(again))

    assert (refused.status_code, again.status_code, shown.status_code) == (400, 401, 200)
    assert typed.held in said(refused)
    assert "<script>alert" not in refused.text
    assert typed.shown in said(shown)
    assert "not saved yet" in shown.text
    assert {action.partition("?")[0] for action, _ in Seen(shown.text).forms} <= {typed.address, "/panel/leave"}
    assert is_empty()
    if endpoint == "panel.stop_showing":  # there is no such comment
        return
    saved = ada.post(typed.address, {**form, **fields_of(shown)})
    assert saved.status_code == 303


@each_form
def test_after_an_exit_elsewhere_the_code_leads_to_the_form(endpoint: str, ada: Visitor, database: Database) -> None:
    typed = TYPED[endpoint]
    form = form_of(ada, typed)
    with database.transaction() as session:
        member = cast.member(session, session.scalars(select(Round)).one(), ADA)
        member.panelist.session_epoch += 1
        code = cast.keyring().typed_code(member.panelist_id, member.round_id, member.panelist.link_serial)

    refused = ada.post(typed.address, form)
    carried = {**fields_of(refused), "code": code}
    entered = ada.post("/enter", carried)
    shown = ada.client.post(entered.headers["Location"], data=carried)

    assert (refused.status_code, entered.status_code, shown.status_code) == (401, 307, 200)
    assert typed.shown in said(shown)
    assert ada.get("/panel/").headers["Location"].endswith(typed.address)


@each_form
def test_changed_information_keeps_it_until_it_is_agreed_to(
    endpoint: str, ada: Visitor, change_consent: Callable[[], None], is_empty: Callable[[], bool]
) -> None:
    typed = TYPED[endpoint]
    form = form_of(ada, typed)
    change_consent()

    refused = ada.post(typed.address, form)
    if endpoint in WITHOUT_CONSENT:
        assert refused.status_code == 303
        return
    ada.get("/panel/consent")
    ada.post("/panel/consent", {"agree": "y", "number": "2"})
    shown = ada.post(f"{typed.address}/typed", fields_of(refused))

    assert (refused.status_code, shown.status_code) == (409, 200)
    assert typed.held in said(refused)
    assert typed.shown in said(shown)
    assert is_empty()


@each_form
def test_somebody_else_on_the_device_sees_and_saves_nothing_of_it(
    endpoint: str, ada: Visitor, enter: Callable[..., Visitor], change_consent: Callable[[], None], is_empty: Callable[[], bool]
) -> None:
    typed = TYPED[endpoint]
    form = form_of(ada, typed)
    sign_out(ada)
    carried = fields_of(ada.post(typed.address, form))

    bo = enter(BO, ada)
    sent = [(f"{typed.address}/typed", carried), (typed.address, form), (typed.address, {**form, "csrf_token": "dead"})]
    answers = [bo.post(address, fields) for address, fields in sent]
    change_consent()
    answers += [bo.post(address, fields) for address, fields in sent]

    for answer in answers:
        assert answer.status_code == 409
        assert "somebody else" in answer.text
        assert typed.held not in said(answer)
    assert is_empty()


@pytest.mark.parametrize("endpoint", ["panel.save_proposal", "panel.about_interests"])
def test_too_late_gives_it_back_to_copy(endpoint: str, ada: Visitor, database: Database) -> None:
    typed = TYPED[endpoint]
    form = form_of(ada, typed)
    with database.transaction() as session:
        study = session.scalars(select(Study)).one()
        rounds.close_round(session, study, session.scalars(select(Round)).one(), actor="researcher 1", now=cast.NOW)

    for answer in (ada.post(typed.address, form), ada.post(f"{typed.address}/typed", form)):
        assert answer.status_code == 409
        assert "Round 1 is closed" in answer.text
        assert typed.held in said(answer)


def test_a_form_that_is_older_than_the_session_says_so_and_asks_for_no_code(ada: Visitor) -> None:
    typed = TYPED["panel.contact"]

    refused = ada.post(CONTACT, {**form_of(ada, typed), "csrf_token": "of a session that has ended"})

    assert refused.status_code == 400
    assert "older than your coming in again" in refused.text
    assert 'id="code"' not in refused.text
    assert MARKUP in said(ada.post(f"{CONTACT}/typed", fields_of(refused)))


def test_words_for_a_proposal_that_was_taken_back_meanwhile_stand_in_the_empty_box(ada: Visitor) -> None:
    carried = {"ballot": fields_of(ada.get(PROPOSE))["ballot"], "box": "proposal-1", "seen": "3", "text": MARKUP}

    assert said(ada.post(f"{PROPOSE}/typed", carried)).count(MARKUP) == 1


def test_there_is_nothing_to_go_on_with_at_other_addresses(ada: Visitor) -> None:
    assert [ada.post(f"/panel/{path}/typed").status_code for path in ("finish", "nowhere", "consent")] == [404] * 3


def test_a_button_alone_does_not_promise_to_keep_what_nobody_typed(ada: Visitor, change_consent: Callable[[], None]) -> None:
    change_consent()

    answer = ada.post("/panel/finish")

    assert answer.status_code == 409
    assert "do this once more" in answer.text
    assert "othing is lost" not in answer.text
