"""A study of three sections, of which carers are asked two: eight users, six carers and twelve staff."""

from sqlalchemy.orm import Session

from delphi.models import Study
from tests import cast

MANUAL = (
    cast.MANUAL
    + """
## Running costs {#costs}

Money is talked about early.

::: {#costs-first .item .core}
Costs are named before anything is agreed.
:::

::: {#costs-shared .item .flexible}
Travel is paid for by the service.
:::
"""
)
SIZES = {"Users": 8, "Carers": 6, "Staff": 12}
ITEMS = (*cast.ITEMS, "costs-first", "costs-shared")
MINE = cast.ITEMS  # what carers are asked
ASKED_OF = {"costs": ("Users", "Staff")}


def begin(session: Session, **choices: object) -> Study:
    """Return the study before its first round."""
    study = cast.begin_study(session, manual=MANUAL)
    cast.add_panel(session, study, SIZES)
    cast.choose(session, study, **{"asked_of": ASKED_OF, **choices})
    return study
