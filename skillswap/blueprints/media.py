"""Where are files fetched, and where do the pictures of a post come in?"""

from __future__ import annotations

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.db import let_go, transaction
from skillswap.domain import attachments, media, pictures
from skillswap.domain.media import store
from skillswap.errors import Away, NotFound, Refused
from skillswap.forms.pictures import PicturesForm
from skillswap.lib.clock import utcnow
from skillswap.web import after_post, asking, me, render

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


@bp.get("/media/<name>")
def show(name: str) -> ResponseReturnValue:
    """A picture. Its name never means another one, so it is kept for a year."""
    try:
        found = media.find_picture(name)
    except NotFound:
        found = pictures.find(name, asking())
    return Response(_bytes(found), mimetype="image/webp", headers=HEADERS)


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
    kept = store()
    let_go()  # a storage that answers slowly must not hold the database's connections
    try:
        return kept.get(name)
    except KeyError:  # a row without its file
        raise NotFound("picture") from None
    except OSError:
        raise Away("", "file_away") from None


@bp.post("/media")
@login_required
def add() -> ResponseReturnValue:
    """Take pictures in for a post that is being written: all of its pictures come back.

    The composer asks this as soon as a file is chosen, or a picture taken out. Without a script
    the files come with the composer's own form.
    """
    form = PicturesForm()
    try:
        take_pictures(form)
    except Refused as error:
        form.refuse(error)
    shown = pictures.chosen(me(), form.chosen)
    if form.refusal is not None:
        page, part = "posts/pictures.html", "posts/_pictures.html"
        return render(page, part, status=form.status, form=form, pictures=shown)
    names = [picture.name for picture in shown]
    onward = url_for("posts.new", picture=names)
    return after_post(onward, "posts/_pictures.html", form=form, pictures=shown)


def take_pictures(form: PicturesForm) -> None:
    """Keep the files that came along, and let the form hold them: they are its own until a post
    takes them. Raises Refused at the first that cannot be kept.

    Call it before the transaction in which the post is written.
    """
    for data in form.files():
        with transaction():
            media.count_upload(me(), utcnow(), field=pictures.FIELD)
        with transaction():
            picture = pictures.add(me(), data, store(), utcnow())
        form.took(picture.name)
