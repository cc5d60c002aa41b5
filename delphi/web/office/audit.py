"""The acts on the audit log, each in words."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from delphi.models import AuditEntry, Channel, MailKind
from delphi.web.office import acts_of_the_team
from delphi.web.office.acts_of_the_team import who
from delphi.web.office.words import action_word, mail_kind_word, unwise_word
from delphi.web.words import gettext, ngettext

Detail = Mapping[str, Any]


def in_words(entry: AuditEntry, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return an entry as people read it: who did what, with the texts of it that are not erased."""
    detail = json.loads(entry.detail)
    words = WORDS.get(entry.action)
    return {
        "number": entry.number,
        "at": entry.at,
        "who": who(entry.actor),
        "what": words(detail) if words else _plainly(entry.action, detail),
        "whom": texts.get("address", ""),
        "reason": texts.get("reason", ""),
        "quoted": " · ".join(texts[name] for name in ("name", "definition", "into") if name in texts),
        "hash": entry.hash,
    }


def _plainly(action: str, detail: Detail) -> str:
    facts = ", ".join(f"{name}: {value}" for name, value in detail.items() if name != "commitments")
    return f"{action} ({facts})" if facts else action


def _panel_imported(detail: Detail) -> str:
    groups = ", ".join(f"{group} {n}" for group, n in detail["groups"].items())
    said = gettext("added %(n)s people to the panel, which now has: %(groups)s", n=detail["added"], groups=groups)
    if kept := detail.get("attributes"):
        said += "; " + gettext("kept as attributes: %(names)s", names=", ".join(kept))
    return f"{said} ({gettext('after a round had opened')})" if detail.get("after_opening") else said


def _round_opened(detail: Detail) -> str:
    said = gettext(
        "opened round %(round)s on draft %(draft)s: %(items)s items, %(people)s people invited, protocol %(hash)s",
        round=detail["round"],
        draft=detail["draft"],
        items=detail["items"],
        people=detail["invited"],
        hash=detail["protocol"][:12],
    )
    if not detail.get("unwise"):
        return said
    unwise = ", ".join(dict.fromkeys(unwise_word(key) for key in detail["unwise"]))
    return gettext("%(said)s; the check had warned of: %(unwise)s", said=said, unwise=unwise)


def _decided(detail: Detail) -> str:
    said: str = gettext(
        "decided on item %(item)s (version %(version)s) after round %(round)s: %(action)s",
        item=detail["item"],
        version=detail["version"],
        round=detail["round"],
        action=action_word(detail["action"]),
    )
    return said


def _section_edited(detail: Detail) -> str:
    items = ", ".join(detail["items"]) or gettext("no item")
    said: str = gettext(
        "edited section %(section)s of draft %(draft)s; worded anew: %(items)s",
        section=detail["section"],
        draft=detail["draft"],
        items=items,
    )
    return said


def _plan_changed(detail: Detail) -> str:
    words = {
        "asked": gettext("had round %(round)s ask item %(item)s, which was proposed to rest", **_of_round(detail)),
        "left out": gettext("left item %(item)s out of round %(round)s, which was proposed to ask it", **_of_round(detail)),
        "as proposed": gettext("went back to what was proposed for item %(item)s in round %(round)s", **_of_round(detail)),
    }
    return str(words[detail["to"]])


def _of_round(detail: Detail) -> dict[str, Any]:
    return {"round": detail["round"], "item": detail["item"]}


def _pack_opened(detail: Detail) -> str:
    said = {
        Channel.PAPER: gettext(
            "took the paper pack of %(panelist)s for round %(round)s in hand, to type it in", **_whose(detail)
        ),
        Channel.TELEPHONE: gettext("began to type in what %(panelist)s says by telephone for round %(round)s", **_whose(detail)),
    }[Channel(detail["channel"])]
    return f"{said} ({gettext('the person has agreed to take part')})" if detail["consent"] else said


def _mail(detail: Detail) -> str:
    return mail_kind_word(MailKind(detail["kind"]))


def _planned(detail: Detail) -> str:
    days = ", ".join(map(str, detail["days"]))
    if not days:
        return gettext("planned the mail (%(zone)s): no reminders by themselves", zone=detail["zone"])
    return gettext("planned the mail (%(zone)s): reminders on the days %(days)s of a round", zone=detail["zone"], days=days)


def _reminded(detail: Detail) -> str:
    said = gettext("sent a reminder of round %(round)s to whoever has neither completed nor finished it", round=detail["round"])
    return f"{said} ({gettext('day %(n)s', n=detail['day'])})" if "day" in detail else str(said)


def _close_planned(detail: Detail) -> str:
    if detail["days"] is None:
        return gettext("said that round %(round)s is closed by hand", round=detail["round"])
    return ngettext(
        "had round %(round)s close by itself %(num)s day after its deadline",
        "had round %(round)s close by itself %(num)s days after its deadline",
        detail["days"],
        round=detail["round"],
    )


def _typed_in(detail: Detail) -> str:
    n = detail["answers"]
    if detail["channel"] == Channel.PAPER:
        return ngettext(
            "typed in %(num)s answer of %(panelist)s for round %(round)s, on paper",
            "typed in %(num)s answers of %(panelist)s for round %(round)s, on paper",
            n,
            **_whose(detail),
        )
    return ngettext(
        "typed in %(num)s answer of %(panelist)s for round %(round)s, by telephone",
        "typed in %(num)s answers of %(panelist)s for round %(round)s, by telephone",
        n,
        **_whose(detail),
    )


def _whose(detail: Detail) -> dict[str, object]:
    return {"panelist": detail["panelist"], "round": detail["round"]}


def _withdrew(detail: Detail) -> str:
    if not detail["erased"]:
        return gettext("withdrew")
    rounds = ", ".join(detail["erased"])
    return gettext("withdrew; a ballot was erased that the results of these rounds count: %(rounds)s", rounds=rounds)


def _draft_imported(detail: Detail) -> str:
    items = ", ".join(detail["reworded"]) or gettext("no item")
    return gettext("imported draft %(draft)s; worded anew: %(items)s", draft=detail["number"], items=items)


def _recruitment_changed(detail: Detail) -> str:
    if not detail["open"]:
        return gettext("said how people join by the study’s link, which is closed")
    if detail["admits_all"]:
        return gettext("opened the study’s link; whoever confirms an address is on the panel")
    return gettext("opened the study’s link; a custodian says who is added to the panel")


def _comment_linked(detail: Detail) -> str:
    words = {"comment": detail["comment"], "item": detail["item"], "round": detail["round"]}
    if detail["answers"]:
        return gettext("said that the decision on item %(item)s answers comment %(comment)s of round %(round)s", **words)
    return gettext("said that the decision on item %(item)s does not answer comment %(comment)s of round %(round)s", **words)


def _consent_confirmed(detail: Detail) -> str:
    if detail["is_complete"]:
        return gettext("confirmed that version %(n)s of the information is complete", n=detail["number"])
    return gettext("took back that version %(n)s of the information is complete", n=detail["number"])


WORDS: dict[str, Callable[[Detail], str]] = {
    "study created": lambda detail: gettext("began the study from a draft with %(n)s items", n=detail["items"]),
    "study cloned": lambda detail: gettext(
        "took over the manual (draft %(draft)s), the protocol and the words of the study %(study)s",
        draft=detail["draft"],
        study=detail["from"],
    ),
    "study archived": lambda _: gettext("archived the study"),
    "study brought back": lambda _: gettext("brought the study back"),
    "panel imported": _panel_imported,
    "panelist moved": lambda detail: gettext(
        "moved somebody from the group %(group)s to %(other)s", group=detail["from"], other=detail["to"]
    ),
    "panelist removed": lambda detail: gettext("took somebody of the group %(group)s off the panel", group=detail["group"]),
    "group renamed": lambda detail: gettext("renamed the group %(group)s to %(other)s", group=detail["from"], other=detail["to"]),
    "protocol changed": lambda detail: gettext("kept the protocol (%(hash)s)", hash=detail["sha256"][:12]),
    "protocol amended": lambda detail: gettext(
        "sealed amendment %(n)s of the protocol (%(hash)s)", n=detail["number"], hash=detail["sha256"][:12]
    ),
    "consent text changed": lambda detail: gettext("wrote version %(n)s of the information and consent", n=detail["number"]),
    "consent text confirmed": _consent_confirmed,
    "link replaced": lambda _: gettext("had a new personal link made; the earlier one stopped working"),
    "invitation declined": lambda _: gettext("said “no thank you”"),
    "taking part after all": lambda _: gettext("said “no thank you” before, and takes part after all"),
    "address disowned": lambda _: gettext("said that the mail had come to the wrong person; mail to that address stops"),
    "address corrected": lambda _: gettext("corrected an address; links that went to the earlier one stopped working"),
    "panelist withdrew": _withdrew,
    "reminder sent": _reminded,
    "recruitment changed": _recruitment_changed,
    "recruitment link replaced": lambda _: gettext("gave the study another link to join by; the old one leads nowhere"),
    "applicant turned away": lambda _: gettext("said no to somebody who had asked to join"),
    "late addition": lambda detail: gettext("invited somebody to round %(round)s, which was open already", round=detail["round"]),
    "bounce noted": lambda _: gettext("noted that mail to an address comes back; nothing more goes there"),
    "mail worded": lambda detail: gettext("put this mail into other words: %(mail)s", mail=_mail(detail)),
    "mail worded as usual": lambda detail: gettext("went back to the usual words of this mail: %(mail)s", mail=_mail(detail)),
    "mail planned": _planned,
    "news sent": lambda _: gettext("wrote to the panel by mail"),
    "round opened": _round_opened,
    "deadline extended": lambda detail: gettext(
        "put the deadline of round %(round)s off to %(day)s", round=detail["round"], day=detail["to"][:10]
    ),
    "item pulled": lambda detail: gettext(
        "pulled item %(item)s from round %(round)s: it is no longer asked and does not count",
        item=detail["item"],
        round=detail["round"],
    ),
    "round plan changed": _plan_changed,
    "item moved": lambda detail: gettext(
        "moved item %(item)s of draft %(draft)s from section %(before)s to section %(after)s",
        item=detail["item"],
        draft=detail["draft"],
        before=detail["from"],
        after=detail["to"],
    ),
    "close planned": _close_planned,
    "owner asked to close": lambda detail: gettext(
        "asked the owner to close round %(round)s, as it does not close by itself",
        round=detail["round"],
    ),
    "targets set": lambda _: gettext("said how many of each group are wanted"),
    "round closed": lambda detail: gettext(
        "closed round %(round)s; its result is fixed as %(hash)s", round=detail["round"], hash=detail["result"][:12]
    ),
    "round published": lambda detail: gettext("published the results of round %(round)s", round=detail["round"]),
    "ratings imported": lambda detail: gettext(
        "took in the ratings of %(people)s people for round %(round)s from %(file)s",
        people=detail["people"],
        round=detail["round"],
        file=detail["file"],
    ),
    "comments imported": lambda detail: gettext(
        "took in %(n)s comments for round %(round)s from %(file)s",
        n=detail["comments"],
        round=detail["round"],
        file=detail["file"],
    ),
    "pack printed": lambda detail: gettext(
        "printed the pack of %(panelist)s for round %(round)s", panelist=detail["panelist"], round=detail["round"]
    ),
    "pack opened": _pack_opened,
    "answers typed in": _typed_in,
    "pack finished": lambda detail: gettext(
        "finished typing in the pack of %(panelist)s for round %(round)s", panelist=detail["panelist"], round=detail["round"]
    ),
    "decision": _decided,
    "section edited": _section_edited,
    "rehearsal begun": lambda _: gettext("began a rehearsal, with invented people"),
    "rehearsal deleted": lambda _: gettext("deleted the rehearsal"),
    "items marked": lambda detail: gettext(
        "marked the items of section %(section)s of draft %(draft)s: %(items)s",
        section=detail["section"],
        draft=detail["draft"],
        items=", ".join(detail["items"]) or gettext("no item"),
    ),
    "draft imported": _draft_imported,
    "comment approved": lambda detail: gettext(
        "cleared comment %(comment)s of round %(round)s for the panel", comment=detail["comment"], round=detail["round"]
    ),
    "comment withheld": lambda detail: gettext(
        "kept comment %(comment)s of round %(round)s back from the panel", comment=detail["comment"], round=detail["round"]
    ),
    "comment retracted": lambda detail: gettext(
        "took comment %(comment)s of round %(round)s back after it had been shown",
        comment=detail["comment"],
        round=detail["round"],
    ),
    "comments released": lambda detail: ngettext(
        "%(num)s comment of round %(round)s was shown to the panel",
        "%(num)s comments of round %(round)s were shown to the panel",
        detail["comments"],
        round=detail["round"],
    ),
    "comments read": lambda detail: ngettext(
        "marked %(num)s comment of round %(round)s as read",
        "marked %(num)s comments of round %(round)s as read",
        detail["comments"],
        round=detail["round"],
    ),
    "comment coded": lambda detail: gettext(
        "changed the codes of comment %(comment)s of round %(round)s: %(added)s put on, %(removed)s taken off",
        comment=detail["comment"],
        round=detail["round"],
        added=len(detail["added"]),
        removed=len(detail["removed"]),
    ),
    "comment linked": _comment_linked,
    "code added": lambda _: gettext("put a code into the codebook"),
    "code changed": lambda _: gettext("changed a code of the codebook"),
    "codes merged": lambda detail: ngettext(
        "merged a code with another one; %(num)s comment carried it",
        "merged a code with another one; %(num)s comments carried it",
        detail["comments"],
    ),
    "code removed": lambda detail: ngettext(
        "removed a code from the codebook; %(num)s comment carried it",
        "removed a code from the codebook; %(num)s comments carried it",
        detail["comments"],
    ),
    "proposal accepted": lambda detail: gettext("accepted a proposal of round %(round)s", round=detail["round"]),
    "proposal merged": lambda detail: gettext("merged a proposal of round %(round)s with an item", round=detail["round"]),
    "proposal declined": lambda detail: gettext("declined a proposal of round %(round)s", round=detail["round"]),
    "help and contact changed": lambda _: gettext("changed the words on help in a crisis and the contact outside the team"),
    "message answered": lambda _: gettext("answered a message of somebody on the panel"),
    "personal links printed": lambda detail: ngettext(
        "had the personal link of %(num)s person for round %(round)s printed",
        "had the personal links of %(num)s people for round %(round)s printed",
        detail["people"],
        round=detail["round"],
    ),
    **acts_of_the_team.WORDS,
    "texts read for safeguarding": lambda detail: ngettext(
        "marked %(num)s text as read for safeguarding", "marked %(num)s texts as read for safeguarding", detail["texts"]
    ),
    "writer identified": lambda _: gettext("looked up who wrote a text, for safeguarding"),
}
