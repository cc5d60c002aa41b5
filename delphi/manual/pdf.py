"""HTML turned into PDF: tagged, the same bytes for the same input, and nothing fetched from anywhere."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Lock

_RENDERING = Lock()


def render_pdf(html: str, *, made: datetime) -> bytes:
    """Return the document as a tagged PDF (PDF/UA-1) that says it was made at `made` (aware).

    Only `data:` addresses are read: what a draft points to, on this machine or elsewhere, is left out. Language, title and
    authors come from the document itself.
    """
    # Imported here, because it costs a second and system libraries that only printing needs.
    from weasyprint import HTML  # type: ignore[import-untyped]
    from weasyprint.urls import URLFetcher  # type: ignore[import-untyped]

    fetcher = URLFetcher(allowed_protocols={"data"}, allow_redirects=False)
    with _RENDERING, _without_collector():
        document = HTML(string=html, url_fetcher=fetcher).render(pdf_variant="pdf/ua-1")
        document.metadata.created = document.metadata.modified = made.isoformat(timespec="seconds")
        pdf: bytes = document.write_pdf(pdf_variant="pdf/ua-1")
    return pdf


@contextmanager
def _without_collector() -> Iterator[None]:
    """Keep the cyclic collector still: walking the growing tree of boxes is a third of the time that a long document takes."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
