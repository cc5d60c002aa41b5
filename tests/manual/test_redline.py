"""A redline leads from the old words to the new ones, and shows nothing but them."""

from hypothesis import given, settings
from hypothesis import strategies as st

from delphi.manual.redline import Change, ChangeKind, changes_html, redline, redline_markdown

KEPT, INSERTED, DELETED = ChangeKind.KEPT, ChangeKind.INSERTED, ChangeKind.DELETED
WORDS = st.sampled_from(["the", "worker’s", "home", ".", "\n", " ", "co-op"])
TEXTS = st.text(max_size=60) | st.lists(WORDS, max_size=30).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(TEXTS, TEXTS)
def test_kept_and_deleted_are_the_old_text_and_kept_and_inserted_the_new(old, new):
    changes = redline(old, new)

    assert "".join(change.text for change in changes if change.kind is not INSERTED) == old
    assert "".join(change.text for change in changes if change.kind is not DELETED) == new


def test_words_are_never_split():
    assert redline("The worker's home.", "The workers home.") == (
        Change(KEPT, "The "),
        Change(DELETED, "worker's"),
        Change(INSERTED, "workers"),
        Change(KEPT, " home."),
    )


def test_a_changed_phrase_is_one_change():
    assert redline("They meet at the office on Mondays.", "They meet in a café on Mondays.") == (
        Change(KEPT, "They meet "),
        Change(DELETED, "at the office"),
        Change(INSERTED, "in a café"),
        Change(KEPT, " on Mondays."),
    )


def test_a_rewritten_text_is_one_deletion_and_one_insertion():
    old, new = "Staff should make a plan with the client before week two.", "A person may decide, at any time, to go alone."

    assert redline(old, new) == (Change(DELETED, old), Change(INSERTED, new))


def test_texts_too_long_for_words_are_compared_by_sentences():
    sentences = [f"Sentence {number} is here. " for number in range(500)]
    old, new = "A first. " + "".join(sentences) + "A last.", "One first. " + "".join(sentences) + "One last."

    assert redline(old, new) == (
        Change(DELETED, "A first. "),
        Change(INSERTED, "One first. "),
        Change(KEPT, "".join(sentences)),
        Change(DELETED, "A"),
        Change(INSERTED, "One"),
        Change(KEPT, " last."),
    )


def test_one_word_changed_in_a_very_long_text_is_one_word():
    words = "word " * 100_000

    assert redline(words + "a " + words, words + "b " + words)[1:3] == (Change(DELETED, "a"), Change(INSERTED, "b"))


def test_markdown_is_compared_by_its_words_and_by_its_marks_only_when_the_words_are_the_same():
    assert redline_markdown("- *one*", "- **two**") == (Change(KEPT, "• "), Change(DELETED, "one"), Change(INSERTED, "two"))
    assert Change(INSERTED, "**") not in redline_markdown("*one* two", "*one* three")
    assert {change.kind for change in redline_markdown("one", "*one*")} == {KEPT, INSERTED}


def test_redlines_are_escaped_and_say_what_the_marks_mean():
    html = changes_html((Change(KEPT, "a <b> "), Change(DELETED, "<script>"), Change(INSERTED, "&")))

    assert html == ("a &lt;b&gt; <del><i>deleted: </i>&lt;script&gt;</del><ins><i>inserted: </i>&amp;</ins>")
