"""Panelists who answer by HTTP alone, as a browser without scripts would: links from their mail, forms as they stand."""

import email
import re
import time
from email.policy import default
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, build_opener

LINK = re.compile(r"https?://\S+/p/[0-9A-Z]{26}")
HIDDEN = re.compile(r'<input type="?hidden"? name="?([^">\s]+)"?(?: value="?([^">]*))?')
PATIENCE = 90  # seconds


def mailed_links(folder: Path, n: int, *, but: frozenset[str] = frozenset(), kind: str = "invitation") -> dict[str, str]:
    """Return the personal links in the mail of a kind written to a folder, by address, once `n` new ones are there."""
    latest = time.monotonic() + PATIENCE
    while True:
        links = {address: link for address, link in mail_to(folder, kind) if link not in but}
        if len(links) == n:
            return links
        assert time.monotonic() < latest, f"{len(links)} of {n} mails were written within {PATIENCE} s"
        time.sleep(0.5)


def mail_to(folder: Path, kind: str) -> list[tuple[str, str]]:
    """Return the address and the personal link of each mail of a kind that was written to a folder."""
    found = []
    for path in sorted(folder.glob(f"*-{kind}-*.eml")):
        mail = email.message_from_bytes(path.read_bytes(), policy=default)
        link = LINK.search(mail.get_body().get_content())  # type: ignore[union-attr]
        assert link, f"{path.name} has no link"
        found.append((mail["To"].addresses[0].addr_spec, link[0]))
    return found


class HttpPanelist:
    """One person's session over HTTP."""

    def __init__(self, link: str) -> None:
        self.link = link
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def come_in(self) -> None:
        """Use the link and agree to take part, where that is asked."""
        page = self._post(self.link, self._get(self.link))
        if 'name="agree"' in page:
            self._post(urljoin(self.link, "/panel/consent"), page, agree="y")

    def answer(self, section: str, ratings: dict[str, int]) -> None:
        """Answer a section: for each item, by the words of its statement, a level."""
        url = urljoin(self.link, f"/panel/sections/{section}")
        page = self._get(url)
        given = {f"rating-{_slot(page, words)}": str(level) for words, level in ratings.items()}
        assert "Saved" in self._post(url, page, **given)

    def _get(self, url: str) -> str:
        with self._opener.open(url) as answer:
            return str(answer.read().decode())

    def _post(self, url: str, page: str, **fields: str) -> str:
        hidden = dict(HIDDEN.findall(page))
        with self._opener.open(url, urlencode({**hidden, **fields}).encode()) as answer:
            return str(answer.read().decode())


def _slot(page: str, words: str) -> str:
    """Return the number of the scale that stands under a statement."""
    after = page[page.index(words) :]
    found = re.search(r"name=rating-(\d+) ", after)
    assert found, f"no scale under {words!r}"
    return found[1]
