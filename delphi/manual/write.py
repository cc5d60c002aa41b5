"""Drafts written: the same Markdown that is read in, so that any Markdown tool and Pandoc can open it."""

from collections.abc import Sequence

from delphi.manual.front_matter import write_meta
from delphi.manual.outline import Item, ItemKind, Outline, Prose, Section


def write_draft(outline: Outline) -> str:
    """Return the draft as one file; reading it gives an equal outline."""
    return _with_meta(outline, outline.sections)


def write_files(outline: Outline) -> dict[str, str]:
    """Return the draft as numbered files by name, one to each section of the highest level with what stands under it."""
    highest = min((section.level for section in outline.sections), default=1)
    chapters: list[list[Section]] = []
    for section in outline.sections:
        if section.level == highest or not chapters:
            chapters.append([])
        chapters[-1].append(section)
    width = max(2, len(str(len(chapters))))
    files = {}
    for number, sections in enumerate(chapters, start=1):
        name = f"{number:0{width}d}-{sections[0].key}.md"
        files[name] = _with_meta(outline, sections) if number == 1 else _joined(sections)
    return files


def write_section(section: Section) -> str:
    """Return one section with its marks, for an editor to change."""
    heading = f"{'#' * section.level} {section.heading} {{#{section.key}{_kind(section.rated)}}}"
    return "\n\n".join([heading, *map(_block, section.blocks)]) + "\n"


def _with_meta(outline: Outline, sections: Sequence[Section]) -> str:
    meta = write_meta(outline.meta)
    return f"{meta}\n{_joined(sections)}" if meta else _joined(sections)


def _joined(sections: Sequence[Section]) -> str:
    return "\n".join(map(write_section, sections))


def _block(block: Prose | Item) -> str:
    if isinstance(block, Prose):
        return block.markdown
    return f"::: {{#{block.key}{_kind(block.kind)}}}\n{block.wording}\n:::"


def _kind(kind: ItemKind | None) -> str:
    return f" .item .{kind}" if kind else ""
