"""What the acts on the log are about, so that somebody who looks for one need not read them all."""

KINDS: dict[str, frozenset[str]] = {
    "study": frozenset({"study created", "study cloned", "study archived", "study brought back"}),
    "team": frozenset(
        {
            *("role given", "role taken away", "colleague invited", "invitation taken back", "invitation accepted"),
            *("study offered", "study handed on", "password set", "second step removed"),
        }
    ),
    "panel": frozenset(
        {
            *("panel imported", "targets set", "link replaced", "personal links printed", "address corrected", "bounce noted"),
            *("recruitment changed", "recruitment link replaced", "applicant turned away", "late addition"),
            *("panelist moved", "panelist removed", "group renamed"),
            *("address disowned", "invitation declined", "taking part after all", "panelist withdrew", "payment noted"),
        }
    ),
    "protocol": frozenset({"protocol changed", "protocol amended", "consent text changed", "consent text confirmed"}),
    "manual": frozenset(
        {"draft imported", "section edited", "items marked", "item moved", "rehearsal begun", "rehearsal deleted"}
    ),
    "mail": frozenset({"reminder sent", "mail worded", "mail worded as usual", "mail planned", "news sent"}),
    "rounds": frozenset(
        {
            *("round opened", "round opening taken back", "round closed", "round published", "deadline extended", "item pulled"),
            *("round plan changed", "close planned", "owner asked to close", "second person asked", "second person confirmed"),
            *("second person declined", "request to second person taken back", "ratings imported"),
            *("pack printed", "pack opened", "answers typed in", "pack finished"),
        }
    ),
    "comments": frozenset(
        {
            *("comments imported", "comment approved", "comment withheld", "comment retracted", "comments released"),
            *("comments read", "comment coded", "comment linked", "code added", "code changed", "codes merged", "code removed"),
        }
    ),
    "decisions": frozenset({"decision", "proposal accepted", "proposal merged", "proposal declined"}),
    "care": frozenset(
        {"help and contact changed", "message answered", "texts read for safeguarding", "writer identified"},
    ),
}
