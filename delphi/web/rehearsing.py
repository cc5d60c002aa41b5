"""Rehearsals served beside the site: each a site of its own below /rehearsals/, with a cookie of its own."""

import re
from collections.abc import Callable, Iterable
from threading import Lock
from typing import TYPE_CHECKING, Any

from flask import Flask, g, redirect, request, session, url_for
from itsdangerous import BadSignature
from werkzeug import Response

from delphi.database import Database
from delphi.migrations import upgrade
from delphi.models import Researcher
from delphi.rehearsals import ADDRESS, mark_of, settings_for
from delphi.services.researchers import has_second_factor, roles_in
from delphi.services.studies import find_study
from delphi.web.access import Site

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_BELOW = re.compile(rf"/{ADDRESS}/([a-z0-9][a-z0-9-]*)(/.*)?")
OFFICE = "office"


class Rehearsals:
    """Hands requests below /rehearsals/STUDY/ to that rehearsal, for as long as there is one; all others to the site."""

    def __init__(self, site: Flask, create: Callable[..., Flask]) -> None:
        self.site = site
        self.create = create
        self.otherwise: WSGIApplication = site.wsgi_app
        self.known: dict[str, tuple[str, Flask]] = {}
        self.lock = Lock()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        found = _BELOW.fullmatch(environ.get("PATH_INFO", ""))
        rehearsal = self._rehearsal(found[1]) if found else None
        if found is None or rehearsal is None:
            return self.otherwise(environ, start_response)
        script = f"{environ.get('SCRIPT_NAME', '')}/{ADDRESS}/{found[1]}"
        return rehearsal({**environ, "SCRIPT_NAME": script, "PATH_INFO": found[2] or "/"}, start_response)

    def _rehearsal(self, slug: str) -> Flask | None:
        """Return the site of this rehearsal; one that was deleted meanwhile is let go."""
        main = _site_of(self.site)
        with self.lock:
            mark = mark_of(main.settings, slug)
            known, app = self.known.get(slug, ("", None))
            if app is not None and known != mark:
                _site_of(app).database.dispose()
                del self.known[slug]
            if mark and known != mark:
                self.known[slug] = mark, self._open(slug, main)
            return self.known[slug][1] if mark else None

    def _open(self, slug: str, main: Site) -> Flask:
        settings = settings_for(main.settings, slug)
        database = Database(settings.database)
        upgrade(database.engine)  # the software may be newer than the copy
        database.dispose()
        app = self.create(settings, clock=main.clock)
        app.config.update(
            SESSION_COOKIE_NAME=f"{'__Secure-' if main.settings.is_secure else ''}delphi-rehearsal",
            SESSION_COOKIE_PATH=f"/{ADDRESS}/{slug}",
            RATELIMIT_ENABLED=self.site.config.get("RATELIMIT_ENABLED", True),
        )

        # The site's own parts have opened the database by then, and the office has not asked yet who it is.
        @app.before_request
        def _know_researcher() -> Response | None:
            if request.endpoint == "office.sign_in":
                return redirect(f"{request.script_root.removesuffix(f'/{ADDRESS}/{slug}')}/office/sign-in", code=303)
            if request.blueprint == OFFICE:
                session.pop("researcher", None)
                if (known := _signed_in_to(self.site, slug)) is not None:
                    session["researcher"] = known
            return None

        return app


def study_itself() -> str:
    """Return the address of the study of which the rehearsal that is on the page is a copy."""
    return beside(url_for("office.overview", slug=request.script_root.rpartition("/")[2]))


def beside(address: str) -> str:
    """Return an address of the rehearsal as the site itself has it, beside which the rehearsal runs."""
    return request.script_root.rpartition(f"/{ADDRESS}/")[0] + address.removeprefix(request.script_root)


def rehearsals_page() -> str:
    """Return the address of the page from which the rehearsal is tried out."""
    return url_for("office.rehearsal", slug=request.script_root.rpartition("/")[2])


def _signed_in_to(site: Flask, slug: str) -> dict[str, int] | None:
    """Return how the rehearsal knows whoever is signed in to the site itself and has a role in the study at this moment.

    Who joined the team after the copy was made is not in it.
    """
    main, cookie = _site_of(site), str(site.config["SESSION_COOKIE_NAME"])
    signer: Any = site.session_interface.get_signing_serializer(site)  # type: ignore[attr-defined]
    try:
        known = signer.loads(request.cookies.get(cookie, "")).get("researcher") or {}
    except BadSignature:
        return None
    with main.database.reading() as reading:
        researcher = reading.get(Researcher, known.get("id", 0))
        if researcher is None or researcher.session_epoch != known.get("epoch"):
            return None
        is_incomplete = main.settings.needs_second_factor and not has_second_factor(reading, researcher)
        if is_incomplete or not roles_in(reading, researcher, find_study(reading, slug)):
            return None
    copied = g.session.get(Researcher, known["id"])
    return {"id": copied.id, "epoch": copied.session_epoch} if copied else None


def _site_of(app: Flask) -> Site:
    found: Site = app.extensions["delphi"]
    return found
