"""What a page breaks of WCAG, as axe sees it.

The verdict depends on nothing but the document and the window, and examining takes three times as long as loading: a page that
stands in a browser as it has stood before, in this test or in another of the same run, is answered from what was found then.
"""

import json
import re
from hashlib import sha256
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

ACCESSIBLE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], "resultTypes": ["violations"]}
EXAMINED = f"axe.run(document, {json.dumps(ACCESSIBLE)}).then(found => found.violations)"
# Everything that a style sheet can ask about: the document, what is chosen and typed, where the reader is, and the window.
STATE = """() => {
  const root = document.documentElement, all = [...document.querySelectorAll('*')];
  const media = ['(prefers-color-scheme: dark)', '(forced-colors: active)', '(prefers-reduced-motion: reduce)', 'print'];
  return JSON.stringify([
    root.outerHTML, getComputedStyle(root).fontSize, location.hash, scrollX, scrollY, innerWidth, innerHeight, devicePixelRatio,
    media.map(one => matchMedia(one).matches), all.indexOf(document.activeElement), all.findIndex(one => one.matches(':modal')),
    all.filter(one => 'value' in one).map(one => [one.type === 'hidden' || one.value, one.checked, one.disabled]),
    [...document.styleSheets].map(one => one.media.mediaText + one.disabled),
  ]);
}"""
# These tell apart two persons and two moments, and look the same.
PERSONAL = re.compile(
    r'(?<=name=\\"csrf_token\\" value=\\")[^"]+|(?<=/p/)[0-9A-Z]{26}|\bP-[0-9A-Z]{5}\b|(?<=127\.0\.0\.1:)\d+|\b\d\d:\d\d UTC'
)


_clean: set[str] = set()
_shared: list[Path] = []


def share(folder: Path) -> None:
    """Tell the other processes of this run, by a file in their common folder, which pages were found clean."""
    folder.mkdir(exist_ok=True)
    _shared[:] = [folder]


def inaccessible(page: Page) -> list[str]:
    """Return what the page breaks of WCAG 2.2 A and AA and of good practice, with the places."""
    state = sha256(PERSONAL.sub("", page.evaluate(STATE)).encode()).hexdigest()
    if state in _clean or any((folder / state).exists() for folder in _shared):
        return []
    page.evaluate(AXE_SCRIPT)
    found = [f"{one['id']}: {node['html'][:160]}" for one in page.evaluate(EXAMINED) for node in one["nodes"]]
    if not found:
        _clean.add(state)
        for folder in _shared:
            (folder / state).touch()
    return found
