"""Where wordings come from: which of them lead from one that somebody rated to the one that is asked now."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from delphi.models import Item, ItemLineage, ItemVersion


@dataclass(frozen=True)
class Ancestry:
    """The wordings of a study by id, and of each the ids of those that it was made from.

    A wording is made only from older ones and a frozen one never changes, so what leads to it is the same at any later time.
    """

    versions: Mapping[int, ItemVersion]
    made_from: Mapping[int, tuple[int, ...]]

    def way(self, earlier: ItemVersion, now: ItemVersion) -> tuple[ItemVersion, ...]:
        """Return the wordings that lead from `earlier` to `now`, that one included, the first change first; none if none do."""
        between = {id_ for id_ in self._with_origins(now.id) if id_ != earlier.id and earlier.id in self._with_origins(id_)}
        return tuple(self.versions[id_] for id_ in sorted(between))

    def origins(self, now: ItemVersion) -> tuple[ItemVersion, ...]:
        """Return all the wordings that this one comes from, the nearest first."""
        return tuple(self.versions[id_] for id_ in self._with_origins(now.id)[1:])

    def parents(self, now: ItemVersion) -> tuple[ItemVersion, ...]:
        """Return the wordings that this one was made from itself."""
        return tuple(self.versions[id_] for id_ in self.made_from.get(now.id, ()))

    def _with_origins(self, id_: int) -> list[int]:
        found = [id_]
        for one in found:  # it grows while it is walked
            found += [other for other in self.made_from.get(one, ()) if other not in found]
        return found


def ancestry_of(session: Session, study_id: int) -> Ancestry:
    """Return the wordings of a study with what each was made from."""
    of_study = select(ItemVersion).join(Item).where(Item.study_id == study_id).options(selectinload(ItemVersion.item))
    versions = {version.id: version for version in session.scalars(of_study.order_by(ItemVersion.id))}
    rows = session.execute(
        select(ItemLineage.child_version_id, ItemLineage.parent_version_id)
        .where(ItemLineage.child_version_id.in_(versions))
        .order_by(ItemLineage.parent_version_id)
    )
    made_from: dict[int, tuple[int, ...]] = {}
    for child, parent in rows:
        made_from[child] = (*made_from.get(child, ()), parent)
    return Ancestry(versions, _with_own_former(versions.values(), made_from))


def _with_own_former(versions: Collection[ItemVersion], made_from: dict[int, tuple[int, ...]]) -> Mapping[int, tuple[int, ...]]:
    """Add to an item's wordings the one before, where no lineage names it: the item had left the manual and came back."""
    item_of = {version.id: version.item_id for version in versions}
    last: dict[int, int] = {}
    for version in sorted(versions, key=lambda version: (version.number, version.edit)):
        parents = made_from.get(version.id, ())
        if version.item_id in last and version.item_id not in {item_of[parent] for parent in parents}:
            made_from[version.id] = (last[version.item_id], *parents)
        last[version.item_id] = version.id
    return made_from
