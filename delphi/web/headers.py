"""Headers on every answer: nothing from elsewhere, nothing kept in caches, no address passed on."""

from flask import Flask, Response, request

from delphi.web.access import site

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

# Their address is a way in, so not even this site is told it, whose logs may keep it. Not "no-referrer": with that, Flask-WTF
# refuses every form sent over HTTPS.
WITH_A_LINK = frozenset(
    {
        "public.landing",
        "public.enter",
        "public.not_me",
        "public.say_not_me",
        "public.no_thanks",
        "public.say_no",
        "public.join",
        "public.confirm_address",
        "public.say_it_is_mine",
        "public.take_back_request",
        "office.account_link",
    }
)


def install(app: Flask) -> None:
    @app.after_request
    def _protect(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "strict-origin" if request.endpoint in WITH_A_LINK else "same-origin"
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        if site().settings.is_secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return response
