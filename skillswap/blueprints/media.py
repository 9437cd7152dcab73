"""Where are pictures fetched?"""

from __future__ import annotations

from flask import Blueprint, Response, current_app
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.domain import attachments, media
from skillswap.errors import NotFound
from skillswap.lib.offload import off_the_loop
from skillswap.lib.storage import Folder
from skillswap.web import me

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
    return Response(_bytes(media.find_picture(name)), mimetype="image/webp", headers=HEADERS)


@bp.get("/chat/files/<name>")
@login_required
def attached(name: str) -> ResponseReturnValue:
    """What was attached to a message, for the two of its conversation; a PDF as a download."""
    file = attachments.file_for(me(), name)
    answer = Response(_bytes(file.name), mimetype=file.mime, headers=HEADERS)
    if file.mime == attachments.PDF:
        answer.headers.set("Content-Disposition", "attachment", filename=file.title or "file.pdf")
    return answer


def _bytes(name: str) -> bytes:
    try:
        return off_the_loop(store().get, name)
    except KeyError:  # a row without its file
        raise NotFound("picture") from None
