"""Outlines for property tests: odd texts, in the normal form that the parser gives."""

from hypothesis import strategies as st

from delphi.manual.outline import Item, ItemKind, Outline, Prose, Section

KEYS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,12}", fullmatch=True)
_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs")), min_size=1, max_size=12)
_PLAIN = st.lists(_WORDS, min_size=1, max_size=6).map(" ".join).map(lambda words: f"w{words}w")
PARAGRAPHS = st.one_of(
    _PLAIN,
    _PLAIN.map(lambda words: f"- {words}\n- two\n  - three"),
    _PLAIN.map(lambda words: f"> {words}\n> ## quoted heading"),
    _PLAIN.map(lambda words: f"Term\n: {words}"),
    _PLAIN.map(lambda words: f"    # indented {words}\n    :::"),
    st.just("```\n::: {#no .item .core}\n# no heading\n:::\n```"),
    st.just("~~~ text\n``` \n:::\n~~~"),
    st.just("::: note\nA *note*.\n\n::::: {.inner key=value}\ndeep\n:::\n:::"),
    st.just("| a | b |\n| - | - |\n| : | c |"),
    st.just("A claim[^1] and a [link][l].\n\n[^1]: The note.\n\n[l]: https://example.org"),
    st.just("Two  \nlines with `::: code` and **marks**."),
)
MARKDOWN = st.lists(PARAGRAPHS, min_size=1, max_size=3).map("\n\n".join)
HEADINGS = st.one_of(
    _PLAIN,
    st.sampled_from(["C#", "Braces {here}", "A {.class} {#key}", "Costs: 5 # 6", "`code {#x}`", "*Stress* and \\* star", "{}"]),
)
META_TEXTS = st.one_of(_PLAIN, st.sampled_from(["1.10", "no", "null", "~", "a: b # c", "2026-01-01", "- x", "'quoted'", "[a]"]))


@st.composite
def outlines(draw):
    keys = iter(draw(st.lists(KEYS, min_size=24, max_size=24, unique=True)))
    kinds = st.sampled_from(ItemKind)
    sections = []
    for number in range(draw(st.integers(1, 4))):
        blocks = []
        for wants_item in draw(st.lists(st.booleans(), max_size=4)):
            if wants_item:
                blocks.append(Item(next(keys), draw(kinds), draw(MARKDOWN), draw(st.just("") | MARKDOWN)))
            elif not blocks or isinstance(blocks[-1], Item):
                blocks.append(Prose(draw(MARKDOWN)))
        rated = draw(st.none() | kinds) if number else ItemKind.CORE
        sections.append(Section(next(keys), draw(HEADINGS), draw(st.integers(1, 6)), tuple(blocks), rated))
    said = draw(st.dictionaries(st.sampled_from(["subtitle", "version", "note"]), META_TEXTS))
    return Outline({"title": draw(META_TEXTS), "authors": ("Ada", "no")} | said, tuple(sections))
