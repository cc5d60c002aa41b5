"""`make screenshots`: photograph every page of a demo at four widths; with --readme, take the pictures of the README."""

import argparse
import html
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.browser.album import WIDTHS, Album, Picture
from tests.browser.site import served
from tests.browser.tour import (
    DEMO,
    Demo,
    after_the_close,
    final_manual,
    office_pages,
    panel_pages,
    prepare,
    public_pages,
    refused_pages,
    sign_in,
)
from tests.browser.tour_accounts import account_pages
from tests.browser.visitor import Visitor, launch, says

ROOT = Path(__file__).parent.parent.parent
ALBUM = ROOT / "screenshots"
README = ROOT / "docs" / "images"
HEAVIEST = 200_000  # bytes of a picture in the README
MANUAL_PAGES = ("01", "05", "30")
COLOURS = 256  # of such a picture

ROUTES = """
import json, sys
from delphi.config import load_settings
from delphi.web import create_app
rules = create_app(load_settings({"DELPHI_DATA": sys.argv[1]})).url_map.iter_rules()
print(json.dumps(sorted(rule.rule for rule in rules if "GET" in rule.methods)))
"""
SHEET_STYLE = """body { font: 14px/1.3 sans-serif; margin: 20px; background: #eee; } h1 { font-size: 20px; }
.sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: 16px; } figure { margin: 0; }
figcaption { padding: 4px 0; overflow-wrap: anywhere; } .fault { color: #a00; }
figure a { display: block; height: 420px; overflow: hidden; border: 1px solid #999; background: #fff; } img { width: 100%; }"""


def routes(data: Path) -> list[str]:
    """Return every address of the app that can be opened, as it stands in the app's own map."""
    asked = [sys.executable, "-c", ROUTES, str(data)]
    found: list[str] = json.loads(subprocess.run(asked, capture_output=True, text=True, check=True, cwd=data).stdout)
    return found


def unvisited(rules: list[str], visited: set[str]) -> list[str]:
    """Return the rules that none of the visited paths follows."""
    patterns = {rule: re.sub(r"<path:\w+>", ".+", rule) for rule in rules}
    patterns = {rule: re.sub(r"<int:\w+>", r"\\d+", pattern) for rule, pattern in patterns.items()}
    patterns = {rule: re.sub(r"<\w+>", "[^/]+", pattern) for rule, pattern in patterns.items()}
    return [rule for rule, pattern in patterns.items() if not any(re.fullmatch(pattern, path) for path in visited)]


def contact_sheet(title: str, pictures: list[Picture]) -> str:
    def figure(one: Picture) -> Iterator[str]:
        yield f'<figure><a href="{one.file.name}"><img src="{one.file.name}" alt=""></a><figcaption>{html.escape(one.caption)}'
        yield from (f'<br><span class="fault">{html.escape(fault)}</span>' for fault in one.faults)
        yield "</figcaption></figure>"

    return f'<h1>{html.escape(title)}</h1><div class="sheet">{"".join("".join(figure(one)) for one in pictures)}</div>'


def lay_out(album: Album, browser: Browser) -> None:
    """Write the contact sheet as a page, and as one picture a width."""
    manual = [Picture(file, f"final manual, {file.stem}") for file in sorted(album.folder.glob("manual-*.png"))]
    sheets = {str(width): contact_sheet(f"{width} px", pictures) for width, pictures in album.pictures.items()}
    sheets["manual"] = contact_sheet("The final manual", manual)
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Every page</title><style>{SHEET_STYLE}</style>'
    page = browser.new_page(viewport={"width": 2000, "height": 1000})
    for name, sheet in {**sheets, "index": "".join(sheets.values())}.items():
        file = album.folder / f"{name}.html"
        file.write_text(head + sheet, encoding="utf-8")
        if name != "index":
            page.goto(file.as_uri())
            page.screenshot(path=album.folder / f"sheet-{name}.png", full_page=True)
            file.unlink()
    page.close()


def photograph(browser: Browser, demo: Demo) -> Album:
    """Visit every page at every width."""
    shutil.rmtree(ALBUM, ignore_errors=True)
    ALBUM.mkdir()
    album = Album(ALBUM)
    seen = []
    for width, link in zip(WIDTHS, demo.panelists, strict=False):
        public_pages(album, browser, demo, width)
        panelist = panel_pages(album, browser, demo, width, link)
        seen.append((office_pages(album, browser, demo, width), panelist, width))
        refused_pages(album, browser, demo, width)
        account_pages(album, browser, demo, width)
    for office, panelist, width in seen:
        after_the_close(album, office, panelist, width)
    final_manual(album, seen[0][0])
    lay_out(album, browser)
    return album


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readme", action="store_true", help="write the pictures of the README instead")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        demo = prepare(Path(folder))
        with served(demo.site):
            browser = launch(playwright)
            if wanted.readme:
                readme(browser, demo)
                return 0
            album = photograph(browser, demo)
            missed = unvisited(routes(demo.site.data), album.visited)
    faults = [fault for pictures in album.pictures.values() for picture in pictures for fault in picture.faults]
    print(f"{sum(map(len, album.pictures.values()))} pages were photographed: see {ALBUM / 'index.html'}")
    for sentence in [*faults, *(f"{rule} was not visited: give it a place in {Path(__file__).name}." for rule in missed)]:
        print(sentence, file=sys.stderr)
    return 1 if faults or missed else 0


def readme(browser: Browser, demo: Demo) -> None:
    """Take the three pictures of the README: what a panelist sees, what a researcher sees, and the manual."""
    README.mkdir(parents=True, exist_ok=True)
    panelist = Visitor.arrive(browser, demo.site, viewport={"width": 1280, "height": 1060})
    panelist.come_in(demo.site.url + demo.panelists[0])
    panelist.go("/panel/sections/knowing-the-place")
    card = panelist.page.locator("#item-shared-directory")
    card.locator("input[value='8']").click()
    says(panelist.page, "Saved")
    card.evaluate("card => card.scrollIntoView({block: 'start'})")
    panelist.page.screenshot(path=README / "panelist.png")
    office = Visitor.arrive(browser, demo.site, viewport={"width": 1280, "height": 960})
    office.go("/office/sign-in")
    sign_in(office, demo.email, demo.password)
    office.go(f"/office/studies/{DEMO}/rounds/1/items/own-story")
    office.page.screenshot(path=README / "office.png")
    with tempfile.TemporaryDirectory() as folder:
        final_manual(Album(Path(folder)), office)
        _spread([Path(folder) / f"manual-{page}.png" for page in MANUAL_PAGES])
    for file in README.glob("*.png"):
        Image.open(file).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
        assert file.stat().st_size <= HEAVIEST, f"{file.name} weighs more than {HEAVIEST} bytes: show less on it."
        print(f"{file.relative_to(ROOT)}: {file.stat().st_size // 1000} kB")


def _spread(files: list[Path]) -> None:
    """Lay pages of the manual side by side."""
    pages = [Image.open(file) for file in files]
    gap, (wide, high) = 24, pages[0].size
    sheet = Image.new("RGB", (gap + (wide + gap) * len(pages), high + 2 * gap), "#dcd5c8")
    for place, page in enumerate(pages):
        sheet.paste(page, (gap + (wide + gap) * place, gap))
    sheet.resize((1280, round(sheet.height * 1280 / sheet.width)), Image.Resampling.LANCZOS).save(README / "manual.png")


if __name__ == "__main__":
    sys.exit(main())
