"""Reading as somebody who knows no Latin letter: what is left plain in a page, a mail or a file."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser

# What is nobody's language: addresses, hashes, pseudonyms, receipts, names of files, marks of drafts, the software's own name.
ALLOWED = [
    re.compile(pattern)
    for pattern in (
        r"https?://\S+",
        r"\S+@[\w.-]+",
        r"--- title: |\bname,email,group\b|\{#[^}]*\}|\.(item|core|flexible|plain)\b|::: ?plain",
        r"\b[\w-]+\.(md|pdf|html|csv|xlsx|zip)\b",
        r"\bP-[0-9A-HJKMNP-TV-Z]{5}\b",
        r"\b[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4})+\b",
        r"\b[0-9A-HJKMNP-TV-Z]{26}\b|\b[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}\b",
        r"\b[A-Z2-7]{4}( [A-Z2-7]{4}){7}",  # a phone's secret
        r"\b(?=[0-9a-f]*[0-9])[0-9a-f]{3,64}\b|\b[0-9a-f]{8,64}\b",
        r"\bdelphi-manual \d[\w.]*",
        r"\{[a-z]+\}(/[a-z-]+)?|\b[A-Z][A-Za-z]+(/[\w+-]+)+",  # a place in a mail that is filled in, a time zone
        r"\bUTC\b|\bSHA-256\b",
        r"\b\d+[a-z]\b",  # the second typo fix of version 2 is 2b
    )
]
ZONE = re.compile(r"[A-Z][A-Za-z]+/([\w+/-]+)")
KEYS = re.compile(r"\b(first-meeting-place(-[ab])?|first-meeting|going-along-offered|going-along|step-back|pace|connections)\b")
PLAIN = re.compile(r"[A-Za-z]+")
SPOKEN = {"aria-label", "alt", "title", "placeholder", "label", "summary", "content", "aria-description", "aria-roledescription"}
TYPED = {"text", "submit", "button", "search"}
SENTENCE = re.compile(r"[A-Za-z]+ [A-Za-z]|^[A-Z][a-z]+")
LETTERED = re.compile(r"^[a-z]\.(?=\s|$)")  # the mark before a point of a printed list
SILENT = {"script", "style", "template"}


def plain_words(text: str) -> list[str]:
    """Return the words in Latin letters that have no reason to be there."""
    for pattern in (KEYS, *ALLOWED):
        text = pattern.sub(" ", text)
    return PLAIN.findall(text)


def plain_in_page(page: str) -> list[str]:
    """Return the text nodes and attributes of a page that hold such words."""
    return [text for text in _Texts.of(page) if plain_words(text)]


def plain_in_json(answer: str) -> list[str]:
    """Return the sentences in an answer to a script that hold such words; the names of its fields are the script's."""
    found = []
    pending = [json.loads(answer)]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending += value.values()
        elif isinstance(value, list):
            pending += value
        elif isinstance(value, str) and SENTENCE.search(value):
            found += plain_in_page(value) if "<" in value else [value] * bool(plain_words(value))
    return found


def plain_in_pdf(file: bytes) -> list[str]:
    """Return the printed lines that hold such words."""
    program = shutil.which("pdftotext")
    assert program, "pdftotext is missing: apt-get install poppler-utils"
    printed = subprocess.run([program, "-raw", "-", "-"], input=file, check=True, capture_output=True).stdout
    return [line for line in printed.decode().splitlines() if plain_words(LETTERED.sub("", line))]


class _Texts(HTMLParser):
    """What a reader sees or is told of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.silent = 0
        self.city = ""  # the name of a time zone without its continent, as the option that is being read has it

    @classmethod
    def of(cls, page: str) -> Iterator[str]:
        reader = cls()
        reader.feed(page)
        reader.close()
        yield from reader.found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in SILENT
        given = {name: value or "" for name, value in attrs}
        zone = ZONE.fullmatch(given.get("value", "")) if tag == "option" else None
        self.city = zone[1].replace("_", " ") if zone else ""
        for name, value in given.items():
            is_typed = name == "value" and tag == "input" and given.get("type", "text") in TYPED
            is_data = name.startswith("data-") and SENTENCE.search(value)
            is_meta = name == "content" and given.get("name") != "description"
            if (name in SPOKEN and not is_meta) or is_typed or is_data:
                self._keep(f"{value}", f'<{tag} {name}="{value}">')

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.silent -= tag in SILENT

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in SILENT

    def handle_data(self, data: str) -> None:
        said = " ".join(data.split())
        if not self.silent and said and said != self.city:
            self._keep(said, "")

    def _keep(self, text: str, _place: str) -> None:
        self.found.append(text)
