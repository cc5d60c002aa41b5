"""Every table, imported here so that migrations and relationships see them all."""

from delphi.models.accounts import AccountLink, LinkPurpose, RecoveryCode, SecondFactor
from delphi.models.audit import AuditEntry, AuditHead, AuditText
from delphi.models.care import Acknowledgement, BackgroundAnswer, Conversation, Message
from delphi.models.decisions import Action, Decision, DecisionComment
from delphi.models.discussion import CommentRelease, Proposal, ProposalState, ProposalVersion, ReleaseState
from delphi.models.mail import MailKind, OutboxMail
from delphi.models.manual import (
    Draft,
    DraftItem,
    DraftSection,
    EditClass,
    Item,
    ItemLineage,
    ItemVersion,
    ItemWording,
    Section,
    SectionVersion,
)
from delphi.models.panel import Consent, Contact, Panelist, Payment, RoundMember, StakeholderGroup, Standing
from delphi.models.responses import Audience, Ballot, BallotChange, Channel, Comment, CommentVersion
from delphi.models.results import Feedback, RoundResult
from delphi.models.rounds import Round, RoundClosedError, RoundItem, RoundKind, RoundStatus
from delphi.models.sign_off import RequestState, RoundStep, StepRequest, TakenBackLink
from delphi.models.studies import ConsentText, Protocol, Researcher, Role, Study, StudyRole

__all__ = [
    "AccountLink",
    "Acknowledgement",
    "Action",
    "Audience",
    "AuditEntry",
    "AuditHead",
    "AuditText",
    "BackgroundAnswer",
    "Ballot",
    "BallotChange",
    "Channel",
    "Comment",
    "CommentRelease",
    "CommentVersion",
    "Consent",
    "ConsentText",
    "Contact",
    "Conversation",
    "Decision",
    "DecisionComment",
    "Draft",
    "DraftItem",
    "DraftSection",
    "EditClass",
    "Feedback",
    "Item",
    "ItemLineage",
    "ItemVersion",
    "ItemWording",
    "LinkPurpose",
    "MailKind",
    "Message",
    "OutboxMail",
    "Panelist",
    "Payment",
    "Proposal",
    "ProposalState",
    "ProposalVersion",
    "Protocol",
    "RecoveryCode",
    "ReleaseState",
    "RequestState",
    "Researcher",
    "Role",
    "Round",
    "RoundClosedError",
    "RoundItem",
    "RoundKind",
    "RoundMember",
    "RoundResult",
    "RoundStatus",
    "RoundStep",
    "SecondFactor",
    "Section",
    "SectionVersion",
    "StakeholderGroup",
    "Standing",
    "StepRequest",
    "Study",
    "StudyRole",
    "TakenBackLink",
]
