"""Where are pictures fetched?"""

from __future__ import annotations

from flask import Blueprint, Response, current_app
from flask.typing import ResponseReturnValue

from skillswap.domain import media
from skillswap.errors import NotFound
from skillswap.lib.offload import off_the_loop
from skillswap.lib.storage import Folder

bp = Blueprint("media", __name__)

HEADERS = {
    # opened on its own, a file may do nothing at all, whatever a browser takes it for
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Disposition": "inline",
    # private: a picture that was removed must not live on in a cache that others share
    "Cache-Control": "private, max-age=31536000, immutable",
}


def store() -> Folder:
    """Where this process keeps people's files."""
    return Folder(current_app.config["SETTINGS"].media_folder)


@bp.get("/media/<name>")
def show(name: str) -> ResponseReturnValue:
    """A picture. Its name never means another one, so it is kept for a year."""
    try:
        data = off_the_loop(store().get, media.find_picture(name))
    except KeyError:  # a row without its file
        raise NotFound("picture") from None
    return Response(data, mimetype="image/webp", headers=HEADERS)
