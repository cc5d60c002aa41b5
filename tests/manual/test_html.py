"""Whatever a draft holds, what is shown of it runs nothing, fetches nothing and borrows none of the site's own classes."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delphi.manual.html import plain_text, render_inline, render_markdown

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe src='https://evil.example'></iframe>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](vbscript:x)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example)",
    "[x](/office/panel)",
    "![x](https://evil.example/x.png)",
    "![x](//evil.example/x.png)",
    "![x](file:///etc/passwd)",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    '![x](https://evil.example/x.png "a\\" onload=alert(1)")',
    "<https://evil.example/\"onmouseover='alert(1)'>",
    "<javascript:alert(1)>",
    "[x][r]\n\n[r]: javascript:alert(1)",
    '```"><script>\n</script>\n```',
    "::: {.visually-hidden}\nx\n:::",
    '::: {.x onclick="alert(1)" style="position:fixed"}\nx\n:::',
    "x[^1]\n\n[^1]: <script>alert(1)</script>",
    "| <b>a</b> |\n| - |\n| <script>x</script> |",
    "<style>@import url(https://evil.example)</style>",
    "\u202e<b>",
    ":::\n:::\n::: x",
]
MARKS = ["*", "_", "`", ">", "-", "[", "](", ")", "<", "&", "word"]
SAFE_LINK = re.compile(r"https?://|mailto:|#")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_markdown_is_inert(text):
    html = str(render_markdown(text))

    assert not re.search(r"<(script|iframe|svg|style|object|b)\b", html)
    assert not re.search(r"<[^>]*\s(on\w+|style)\s*=", html)
    assert all(SAFE_LINK.match(link) for link in re.findall(r'href="([^"]*)"', html))
    assert all(source.startswith("data:image/") for source in re.findall(r'src="([^"]*)"', html))
    assert "visually-hidden" not in re.sub("box box-visually-hidden", "", html)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from([*HOSTILE, *MARKS]), max_size=8).map("\n".join))
def test_no_mixture_of_hostile_markdown_is_live(text):
    html = str(render_markdown(text)) + str(render_inline(text))

    assert not re.search(r"<(script|iframe|svg|style|object)\b", html)
    assert not re.search(r"<[^>]*\s(on\w+|style)\s*=\s*[\"']", re.sub(r'"[^"]*"', '""', html))


def test_markdown_becomes_paragraphs_lists_tables_notes_and_footnotes():
    html = render_markdown("A *b*[^1]\n\n- c\n\n| d |\n| - |\n| e |\n\n::: note\nf\n:::\n\n[^1]: g\n\nTerm\n: def\n", block="k")

    for part in ("<em>b</em>", "<li>c</li>", "<th>d</th>", "<td>e</td>", "<dd>def</dd>"):
        assert part in html
    assert '<div class="box box-note">' in html
    assert 'id="fn-k-1"' in html
    assert html.__html__() == str(html)


def test_raw_html_is_shown_as_text():
    assert render_markdown("<b>x</b> <!-- y -->") == "<p>&lt;b&gt;x&lt;/b&gt; &lt;!-- y --&gt;</p>\n"


def test_links_to_the_web_tell_it_nothing():
    assert render_inline("[a](https://example.org)") == '<a href="https://example.org" rel="noopener noreferrer">a</a>'


def test_a_picture_in_the_text_is_shown_and_any_other_is_its_description():
    html = render_markdown("![here](data:image/png;base64,AAAA) ![there](https://example.org/x.png)")

    assert '<img src="data:image/png;base64,AAAA" alt="here">' in html
    assert '<span class="no-image">there</span>' in html


def test_footnotes_of_two_texts_on_a_page_have_different_anchors():
    note = "x[^1]\n\n[^1]: y"

    anchors = [set(re.findall(r'id="([^"]+)"', render_markdown(note, block=block))) for block in ("a", "b")]

    assert len(anchors[0]) == 2
    assert not anchors[0] & anchors[1]


def test_plain_text_is_the_words_line_by_line():
    text = "# A *b*\n\nTwo\nlines `c` ![d](x)\n\n2. one\n3. two\n\n| e | f |\n| - | - |\n| g | h |\n\n::: note\ni\n:::\n"

    assert plain_text(text) == "A b\nTwo lines c d\n2. one\n3. two\ne – f\ng – h\ni"


def test_deep_nesting_is_shown_without_breaking():
    assert "<blockquote>" in render_markdown(">" * 10_000 + " x")
