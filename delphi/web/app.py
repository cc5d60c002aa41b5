"""The application: what it is made of and how it is set up."""

from urllib.parse import urlsplit

from flask import Flask
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

import delphi
from delphi.clock import Clock, utc_now
from delphi.config import Settings, load_settings
from delphi.database import Database
from delphi.migrations import require_current
from delphi.resources import resource_dir
from delphi.services.keyring import Keyring
from delphi.web import access, errors, filters, headers, limits
from delphi.web.fields import RowNumbers
from delphi.web.office import office
from delphi.web.panel import panel
from delphi.web.public import public
from delphi.web.rehearsing import Rehearsals

LARGEST_REQUEST = 4 * 1024 * 1024
MOST_FIELDS = 5000


def create_app(settings: Settings | None = None, *, clock: Clock = utc_now) -> Flask:
    """Return the site for these settings, or for those of the environment; `clock` says what time it is, in UTC."""
    settings = settings or load_settings()
    app = Flask("delphi.web", template_folder=str(resource_dir("templates")), static_folder="static")
    app.config.from_mapping(_flask_config(settings))
    app.url_map.converters["int"] = RowNumbers
    database = Database(settings.database)
    require_current(database.engine)
    database.dispose()  # a server may fork after this, and no connection may be shared by two processes
    app.extensions["delphi"] = access.Site(settings, database, Keyring(settings.secret_key), clock)
    if not settings.is_rehearsal:
        app.wsgi_app = Rehearsals(app, create_app)  # type: ignore[method-assign]
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
    limits.limiter.init_app(app)
    for part in (access, errors, filters, headers):
        part.install(app)
    csrf = CSRFProtect(app)
    csrf.exempt("delphi.web.panel.leaving.leave")
    # It saves nothing: it only shows what somebody typed to that same person, whose session is newer than the form.
    csrf.exempt("delphi.web.panel.interrupted.show_typed")
    for blueprint in (public, panel, office):
        app.register_blueprint(blueprint)
    return app


def _flask_config(settings: Settings) -> dict[str, object]:
    return {
        "SECRET_KEY": settings.secret_key,
        "SESSION_COOKIE_NAME": "__Host-delphi" if settings.is_secure else "delphi",
        "SESSION_COOKIE_SECURE": settings.is_secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SEND_FILE_MAX_AGE_DEFAULT": 31_536_000,  # addresses of static files carry the version
        # A slow reader must not lose what they typed to an expired token: it lives as long as the session.
        "WTF_CSRF_TIME_LIMIT": None,
        "MAX_CONTENT_LENGTH": LARGEST_REQUEST,
        "MAX_FORM_MEMORY_SIZE": LARGEST_REQUEST,
        "MAX_FORM_PARTS": MOST_FIELDS,
        "TRUSTED_HOSTS": sorted({urlsplit(settings.public_url).hostname or "localhost", "localhost", "127.0.0.1"}),
        "RATELIMIT_STORAGE_URI": "memory://",
        "DELPHI_VERSION": delphi.__version__,
    }
