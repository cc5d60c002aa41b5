"""Who may come in where in the office: a row for every route."""

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from delphi.errors import Either
from delphi.models import Comment, CommentVersion, Conversation, Role, Study
from delphi.services.messages import write_to_team
from delphi.services.researchers import ROLE_WORDS
from tests import cast
from tests.web import stages


@dataclass(frozen=True)
class Page:
    """A route with values for its address; `roles` are those that a change or a look needs, all of them where it is empty."""

    values: dict[str, object] = field(default_factory=dict)
    needs: frozenset[Role] = frozenset()
    file: bool = False
    halfway: bool = False  # only for who has given the password and not yet the code

    @property
    def is_a_page(self) -> bool:
        """Whether everybody who is signed in, and may see it, is shown a page there."""
        return not (self.file or self.halfway)


OWN = frozenset({Role.OWNER})
RUN = frozenset({Role.OWNER, Role.FACILITATOR})
WORK = RUN | {Role.ANALYST}
PAPER = frozenset({Role.FACILITATOR})
SEE = frozenset(Role) - {Role.CUSTODIAN}
READER = frozenset({"the reader whom the protocol names"})  # Ruth: no role opens it
CONVERSATION = 4711
COMMENT = 4711
ROUND = {"slug": stages.SLUG, "number": 1}
STUDY = {"slug": stages.SLUG}
REQUEST = {"slug": stages.SLUG, "request_id": 1}

REHEARSAL = ("office.begin_rehearsal", "office.end_rehearsal", "office.fill_rehearsal")
# A route without a row here fails: say who may come in before it is served.
TABLE = {
    **dict.fromkeys(("office.check_study", "office.ethics_pack", "office.rehearsal", *REHEARSAL), Page(STUDY)),
    **dict.fromkeys(("office.ethics_pack_pdf", "office.ethics_pack_file", "office.protocol_json"), Page(STUDY, file=True)),
    "office.amend": Page(STUDY, RUN),
    "office.start_protocol": Page(STUDY, RUN),
    "office.mark_items": Page({**STUDY, "key": "first-meeting"}, WORK),
    "office.sign_in": Page(),
    "office.sign_out": Page(),
    "office.forgotten": Page(),
    "office.account_link": Page({"token": stages.invitation_token()}),
    "office.account": Page(),
    "office.sign_in_code": Page(halfway=True),
    "office.second_factor": Page(),
    "office.begin_second_factor": Page(),
    "office.complete_second_factor": Page(),
    "office.new_recovery_codes": Page(),
    "office.remove_second_factor": Page(),
    "office.studies": Page(),
    "office.new_study": Page(),
    "office.overview": Page(STUDY),
    "office.panel": Page(STUDY),
    "office.paper": Page(STUDY, frozenset({Role.FACILITATOR, Role.CUSTODIAN})),
    "office.labels": Page(STUDY, frozenset({Role.CUSTODIAN})),
    "office.assisted": Page(ROUND, PAPER),
    "office.assisted_section": Page({**ROUND, "key": "first-meeting"}, PAPER),
    "office.assisted_finish": Page(ROUND),
    "office.correct_address": Page(STUDY),
    **dict.fromkeys(("office.change_person", "office.rename_group"), Page(STUDY)),
    "office.send_link": Page(STUDY),
    "office.payments": Page(STUDY, frozenset({Role.CUSTODIAN})),
    "office.note_bounce": Page(STUDY),
    "office.import_people": Page(STUDY),
    "office.hand_out_links": Page(STUDY),
    "office.recruiting": Page(STUDY, RUN | {Role.CUSTODIAN}),
    "office.replace_recruiting_link": Page(STUDY),
    "office.answer_applicant": Page(STUDY),
    "office.mail": Page(STUDY),
    "office.mail_text": Page({**STUDY, "kind": "invitation"}),
    "office.test_mail": Page({**STUDY, "kind": "invitation"}),
    "office.mail_news": Page(STUDY, RUN),
    "office.mail_log": Page(STUDY, frozenset({Role.CUSTODIAN})),
    "office.protocol": Page(STUDY),
    "office.consent": Page(STUDY),
    "office.manual": Page(STUDY),
    "office.draft": Page(ROUND),
    "office.draft_changes": Page({**STUDY, "number": 2}),
    "office.move_item": Page({**STUDY, "key": "pace"}, WORK),
    "office.edit_section": Page({**STUDY, "key": "first-meeting"}, WORK),
    "office.open_round": Page(STUDY, RUN),
    "office.plan_item": Page({**STUDY, "key": cast.ITEMS[0]}, RUN),
    "office.undo_round": Page(ROUND, RUN),
    "office.sign_off": Page(STUDY),
    "office.confirm_step": Page(REQUEST),
    "office.decline_step": Page(REQUEST),
    "office.take_back_step": Page(REQUEST),
    "office.round_page": Page(ROUND),
    "office.send_reminder": Page(ROUND, RUN),
    "office.deadline": Page(ROUND, RUN),
    "office.plan_close": Page(ROUND),
    "office.pull": Page(ROUND, RUN),
    "office.completed": Page(ROUND, frozenset({Role.CUSTODIAN})),
    "office.targets": Page(STUDY),
    "office.close_round": Page(ROUND, RUN),
    "office.publish_round": Page(ROUND, RUN),
    "office.results": Page(ROUND, SEE),
    "office.item": Page({**ROUND, "key": cast.ITEMS[0]}, SEE),
    "office.results_file": Page(ROUND, SEE, file=True),
    "office.attrition": Page(ROUND, SEE),
    "office.stopping": Page(ROUND, SEE),
    "office.decisions": Page(ROUND, SEE),
    "office.meeting": Page(ROUND, SEE),
    **dict.fromkeys(("office.meeting_pdf", "office.meeting_file"), Page(ROUND, SEE, file=True)),
    "office.comments": Page(ROUND, SEE),
    "office.work_on_comment": Page({**ROUND, "comment": COMMENT}),
    "office.read_comments": Page(ROUND),
    "office.codebook": Page(STUDY, SEE),
    "office.code": Page({**STUDY, "code": stages.CODE}, SEE),
    "office.merge_code": Page({**STUDY, "code": stages.CODE}),
    "office.remove_code": Page({**STUDY, "code": stages.CODE}),
    "office.codebook_file": Page(STUDY, SEE, file=True),
    "office.coded_comments_file": Page(STUDY, SEE, file=True),
    "office.proposals": Page(ROUND, SEE),
    "office.proposal": Page({**ROUND, "proposal_id": stages.PROPOSAL}, SEE),
    "office.care": Page(STUDY),
    "office.messages": Page(STUDY, RUN),
    "office.conversation": Page({**STUDY, "key": CONVERSATION}, RUN),
    "office.background": Page(STUDY, SEE),
    "office.safeguarding": Page(STUDY, READER),
    "office.mark_read": Page(STUDY, READER),
    "office.identify": Page(STUDY, READER),
    "office.exports": Page(STUDY),
    "office.export": Page({**STUDY, "kind": "manual.md"}),
    "office.request_export": Page({**STUDY, "kind": "manual.md"}),
    "office.export_file": Page({**STUDY, "kind": "manual.md"}, file=True),
    "office.team": Page(STUDY),
    "office.team_member": Page({**STUDY, "researcher_id": 1}, OWN),
    "office.withdraw_invitation": Page({**STUDY, "link_id": stages.INVITATION}),
    "office.hand_on": Page(STUDY, OWN),
    "office.audit": Page(STUDY),
    "office.audit_file": Page(STUDY, file=True),
    "office.search": Page(STUDY),
    "office.clone": Page(STUDY, RUN),
    "office.archive": Page(STUDY, OWN),
    "office.bring_back": Page(STUDY),
}
# What only these may change, by POST.
CHANGES = {
    **dict.fromkeys(("office.amend", "office.start_protocol", *REHEARSAL), RUN),
    "office.clone": RUN,
    "office.archive": OWN,
    "office.bring_back": OWN,
    "office.mark_items": WORK,
    "office.panel": frozenset({Role.CUSTODIAN}),
    "office.paper": PAPER,
    "office.assisted": PAPER,
    "office.assisted_section": PAPER,
    "office.assisted_finish": PAPER,
    **dict.fromkeys(("office.correct_address", "office.change_person", "office.rename_group"), frozenset({Role.CUSTODIAN})),
    "office.payments": frozenset({Role.CUSTODIAN}),
    "office.send_link": frozenset({Role.CUSTODIAN}),
    "office.send_reminder": RUN,
    "office.note_bounce": frozenset({Role.CUSTODIAN}),
    "office.import_people": frozenset({Role.CUSTODIAN}),
    "office.hand_out_links": frozenset({Role.CUSTODIAN}),
    "office.recruiting": RUN,
    "office.replace_recruiting_link": RUN,
    "office.answer_applicant": frozenset({Role.CUSTODIAN}),
    "office.mail": RUN,
    "office.mail_text": RUN,
    "office.test_mail": RUN,
    "office.mail_news": RUN,
    "office.protocol": RUN,
    "office.consent": RUN,
    "office.move_item": WORK,
    "office.edit_section": WORK,
    "office.open_round": RUN,
    "office.plan_item": RUN,
    "office.undo_round": RUN,
    "office.confirm_step": RUN,
    "office.decline_step": RUN,
    "office.take_back_step": RUN,
    "office.deadline": RUN,
    "office.plan_close": RUN,
    "office.pull": RUN,
    "office.targets": RUN,
    "office.close_round": RUN,
    "office.publish_round": RUN,
    "office.item": WORK,
    "office.comments": WORK,
    "office.work_on_comment": WORK,
    "office.read_comments": WORK,
    "office.codebook": WORK,
    "office.code": WORK,
    "office.merge_code": WORK,
    "office.remove_code": WORK,
    "office.proposal": WORK,
    "office.care": OWN,
    "office.team": OWN,
    "office.team_member": OWN,
    "office.withdraw_invitation": OWN,
    "office.hand_on": OWN,
    "office.conversation": RUN,
    "office.mark_read": READER,
    "office.identify": READER,
}


def said_without(roles: frozenset[Role]) -> str:
    """Return what somebody is told, on a page as by a command, who has none of these roles."""
    if roles == READER:
        return "Only the safeguarding reader named in the protocol may see this."
    named = Either(*(ROLE_WORDS[role] for role in sorted(roles)))
    return f"This takes the role of {named} in this study. Ask the owner of the study."


def every_page(session: Session) -> None:
    """Make a study in which every row of the table leads to something: round 1 is published and decided on."""
    round_ = stages.decided(session)
    panelist = cast.member(session, round_, "carers-1@example.org").panelist
    session.add(Conversation(id=CONVERSATION, study_id=round_.study_id, panelist_id=panelist.id))
    stages.invitation(session, session.get_one(Study, round_.study_id))
    stages.step_request(session, round_)
    wording = CommentVersion(number=1, text="Whose pace?")
    about = round_.items[1].item_version_id
    session.add(Comment(id=COMMENT, round_id=round_.id, panelist_id=panelist.id, item_version_id=about, versions=[wording]))
    write_to_team(session, cast.keyring(), panelist, "May I ask something?", now=cast.NOW)
