"""Which headers does every answer carry, and which requests are turned away at the door?"""

from __future__ import annotations

import gzip
from io import BytesIO
from typing import IO, Any
from urllib.parse import urlsplit

from flask import Flask, Request, Response, abort, request
from flask_login import current_user
from werkzeug.middleware.proxy_fix import ProxyFix

from skillswap.config import Settings
from skillswap.lib.media import MOST_BYTES
from skillswap.models.post import IMAGES_MOST

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "media-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # not no-referrer: Flask-WTF checks the Referer of every https POST
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
MEBIBYTE = 1024 * 1024
PLAIN_FORM = 500_000
WITH_PICTURES = IMAGES_MOST * MOST_BYTES + MEBIBYTE
TAKE_DOCUMENTS = frozenset({"verification.ask", "verification.add"})
TAKE_PICTURES = frozenset({"media.add", "posts.new", "posts.edit"}) | TAKE_DOCUMENTS
WORTH_COMPRESSING = 600


class Careful(Request):
    """A request whose documents are never laid down in a temporary file, not even for a moment."""

    def _get_file_stream(self, *args: Any, **kwargs: Any) -> IO[bytes]:
        if self.endpoint in TAKE_DOCUMENTS:
            return BytesIO()
        return super()._get_file_stream(*args, **kwargs)


def init_security(app: Flask, settings: Settings) -> None:
    """Cookies, sizes, hosts, headers."""
    app.request_class = Careful
    app.config.update(
        SESSION_COOKIE_NAME="__Host-skillswap" if settings.secure else "skillswap",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        MAX_CONTENT_LENGTH=8 * MEBIBYTE,
        MAX_FORM_PARTS=200,
        MAX_FORM_MEMORY_SIZE=PLAIN_FORM,
        TRUSTED_HOSTS=settings.trusted_hosts,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the sign-in: pages stay open for hours
        WTF_CSRF_SSL_STRICT=True,
    )
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]

    @app.before_request
    def limit_plain_forms() -> None:
        """Only a form with a file may be large; of the others nobody else limits the fields."""
        if request.endpoint in TAKE_PICTURES:
            request.max_content_length = WITH_PICTURES
        if request.endpoint in TAKE_DOCUMENTS and not current_user.is_authenticated:
            request.max_content_length = PLAIN_FORM  # kept in memory: not for a visitor
        if request.mimetype == "application/x-www-form-urlencoded":
            request.max_content_length = PLAIN_FORM

    @app.before_request
    def refuse_foreign_writes() -> None:
        """A form on another site cannot change anything here, whatever token it holds."""
        if request.method not in UNSAFE:
            return
        if request.headers.get("Sec-Fetch-Site") == "cross-site":
            abort(403)
        origin = request.headers.get("Origin")
        if origin and origin != "null" and urlsplit(origin).netloc != request.host:
            abort(403)

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if settings.secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        return compress(response)


def compress(response: Response) -> Response:
    """gzip at level 1 for pages: a tenth of the bytes for 30 µs."""
    if (
        response.mimetype == "text/html"
        and response.status_code not in (204, 304)
        and not response.direct_passthrough
        and "Content-Encoding" not in response.headers
        and "gzip" in request.headers.get("Accept-Encoding", "")
    ):
        body = response.get_data()
        if len(body) >= WORTH_COMPRESSING:
            response.set_data(gzip.compress(body, 1, mtime=0))
            response.headers["Content-Encoding"] = "gzip"
        response.vary.add("Accept-Encoding")
    return response
