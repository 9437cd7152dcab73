"""How do pictures come in, and how do they go out?"""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import media
from skillswap.lib.storage import Folder
from skillswap.models import Media, User, UserState
from tests.conftest import HTMX
from tests.lib.test_media import picture, png_of, with_scans


@pytest.fixture(autouse=True)
def store(settings):
    """Where the app of the tests keeps its files, empty."""
    folder = Folder(settings.media_folder)
    for name in list(folder.names()):
        folder.delete(name)
    return folder


def send(client, data: bytes, name: str = "me.png", headers=None):
    """Post a file as a browser does. (The test client's own writer leaves a file open.)"""
    head = f'Content-Disposition: form-data; name="picture"; filename="{name}"'
    kind = "Content-Type: application/octet-stream"
    body = f"--edge\r\n{head}\r\n{kind}\r\n\r\n".encode() + data + b"\r\n--edge--\r\n"
    return client.post(
        "/settings/avatar",
        data=body,
        headers=headers or {},
        content_type="multipart/form-data; boundary=edge",
    )


def avatar_of(username: str) -> str | None:
    db.session.expire_all()
    return db.session.scalar(select(User.avatar).where(User.username == username))


@pytest.mark.parametrize(("headers", "status"), [({}, 303), (HTMX, 200)])
def test_a_picture_is_taken_and_shown(browser, ada, ben, store, headers, status):
    client = browser(ada)
    answer = send(client, picture("JPEG"), headers=headers)
    assert answer.status_code == status
    name = avatar_of("ada")
    page = answer.text if status == 200 else client.get(answer.location).text
    assert f"/media/{name}" in page
    assert "Your picture is saved." in page
    assert f"/media/{name}" in browser(ben).get("/people/ada").text
    assert list(store.names()) == [name]


def test_a_picture_goes_out_as_a_picture_and_nothing_else(browser, ada):
    send(browser(ada), picture("PNG"))
    answer = browser().get(f"/media/{avatar_of('ada')}")
    assert answer.status_code == 200
    assert answer.mimetype == "image/webp"
    assert Image.open(BytesIO(answer.data), formats=("WEBP",)).size == (256, 256)
    headers = answer.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "immutable" in headers["Cache-Control"]
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize(
    "name",
    ["nothing.webp", "../../skillswap.db", "%2e%2e%2fsecret_key", "x" * 500, "a%00.webp", ".", "a"],
)
def test_nothing_else_is_found_there(browser, ada, name):
    assert browser().get(f"/media/{name}").status_code == 404


def test_a_file_without_a_row_and_a_row_without_a_file_are_not_there(browser, ada, store):
    store.put("left-over.webp", b"anything")
    assert browser().get("/media/left-over.webp").status_code == 404
    send(browser(ada), picture())
    store.delete(avatar_of("ada"))
    assert browser().get(f"/media/{avatar_of('ada')}").status_code == 404


def test_the_picture_of_somebody_suspended_is_not_there(browser, ada):
    send(browser(ada), picture())
    name = avatar_of("ada")
    with transaction():
        db.session.get(User, ada.id).state = UserState.SUSPENDED
    assert browser().get(f"/media/{name}").status_code == 404


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not a picture"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "not a picture"),
        (b"<html><script>alert(1)</script></html>", "not a picture"),
        (b"GIF89a/*<script>*/=alert(1)//", "not a picture"),
        (picture("JPEG", (300, 300))[:-100], "not a picture"),
        (with_scans(2000), "not a picture"),
        (png_of(30_000, 30_000), "too large"),
        (picture() + b"\x00" * 5 * 1024 * 1024, "too large"),
    ],
    ids="empty svg html-as-png polyglot cut scans bomb long".split(),
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_hostile_file_is_refused_with_a_sentence(browser, ada, store, data, said, headers):
    answer = send(browser(ada), data, headers=headers)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'id="picture-error"' in answer.text
    assert avatar_of("ada") is None
    assert db.session.scalar(select(func.count(Media.id))) == 0
    assert list(store.names()) == []


@pytest.mark.parametrize(
    "name",
    ["x" * 400 + ".png", "../../../etc/passwd", "a%0d%0aSet-Cookie: x=1.png", "\u202egnp.exe"],
)
def test_what_a_file_is_called_does_not_matter(browser, ada, store, name):
    assert send(browser(ada), picture(), name).status_code == 303
    assert list(store.names()) == [avatar_of("ada")]


def test_text_where_a_file_should_be_is_refused(browser, ada):
    answer = browser(ada).post("/settings/avatar", data={"picture": "me.png"})
    assert answer.status_code == 422
    assert browser(ada).post("/settings/avatar").status_code == 422
    answer = send(browser(ada), b"", name="")  # what a browser sends when none was chosen
    assert answer.status_code == 422
    assert "Choose a picture first." in answer.text


@pytest.mark.parametrize(("headers", "status"), [({}, 303), (HTMX, 200)])
def test_a_picture_is_removed_and_twice_is_harmless(browser, ada, store, headers, status):
    client = browser(ada)
    send(client, picture())
    for _ in range(2):
        answer = client.post("/settings/avatar/delete", headers=headers)
        assert answer.status_code == status
    assert (avatar_of("ada"), list(store.names())) == (None, [])


def test_the_same_picture_twice_is_kept_once(browser, ada, store):
    client = browser(ada)
    for _ in range(2):
        assert send(client, picture()).status_code == 303
    assert list(store.names()) == [avatar_of("ada")]


def test_a_full_disk_is_said_so_and_the_rest_works(browser, ada, store, settings):
    send(browser(ada), picture())
    kept = avatar_of("ada")
    folder = settings.media_folder
    away = folder.rename(folder.with_name("away"))
    folder.write_text("in the way: nothing can be written here")
    try:
        answer = send(browser(ada), picture("JPEG"))
    finally:
        folder.unlink()
        away.rename(folder)
    assert answer.status_code == 503
    assert "could not be stored just now" in answer.text
    assert avatar_of("ada") == kept
    assert browser(ada).get("/settings/profile").status_code == 200


def test_after_twenty_tries_in_an_hour_one_waits(browser, ada, now):
    for _ in range(20):
        with transaction():
            media.count_upload(ada, now)
    answer = send(browser(ada), picture())
    assert answer.status_code == 429
    assert "That is a lot of pictures for one hour." in answer.text
    assert avatar_of("ada") is None


def test_a_refused_picture_counts_as_a_try(browser, ada, queries):
    client = browser(ada)
    for _ in range(20):
        assert send(client, b"no picture").status_code == 422
    assert send(client, picture()).status_code == 429


def test_a_picture_costs_one_statement(browser, ada, queries):
    send(browser(ada), picture())
    path, client = f"/media/{avatar_of('ada')}", browser(ada)
    queries.clear()
    client.get(path)
    assert len(queries) == 1
