"""How do the pictures of a post come in, and what becomes of files that are none?"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select, update

from skillswap.db import db, transaction
from skillswap.domain import media, pictures
from skillswap.lib.storage import Folder
from skillswap.models import Attempt, Media
from tests import people
from tests.conftest import HTMX
from tests.lib.test_media import picture, png_of, with_scans

GPS, MEGABYTE = 0x8825, 1024 * 1024
CANARY = b"GPS-CANARY-52.5163"


@pytest.fixture(autouse=True)
def store(settings) -> Iterator[Folder]:
    """Where the app of the tests keeps its files, empty before and after."""
    folder = Folder(settings.media_folder)
    empty(folder)
    yield folder
    empty(folder)


def empty(folder: Folder) -> None:
    for name in list(folder.names()):
        folder.delete(name)


def upload(
    client,
    *files: bytes,
    url: str = "/media",
    name: str = "wash.png",
    field: str = "pictures",
    headers: dict[str, str] | None = None,
    **fields: str,
):
    """Post files as a browser does. (The test client's own writer leaves them open.)"""
    parts = [
        f'Content-Disposition: form-data; name="{key}"\r\n\r\n{text}'.encode()
        for key, text in fields.items()
    ]
    head = f'Content-Disposition: form-data; name="{field}"; filename="{name}"'
    parts += [f"{head}\r\nContent-Type: image/png\r\n\r\n".encode() + data for data in files]
    body = b"".join(b"--edge\r\n" + part + b"\r\n" for part in parts) + b"--edge--\r\n"
    kind = "multipart/form-data; boundary=edge"
    return client.post(url, data=body, headers=headers or {}, content_type=kind)


def rows() -> list[Media]:
    db.session.expire_all()
    return list(db.session.scalars(select(Media).order_by(Media.id)))


def nothing_is_left(store: Folder) -> bool:
    """No row, no file, and nothing half-written."""
    return not rows() and not list(store.path.glob("*")) if store.path.is_dir() else not rows()


# -- coming in ------------------------------------------------------------------------------------


def test_a_chosen_file_becomes_a_picture_of_the_form(browser, ada, store):
    client = browser(ada)
    answer = upload(client, picture("JPEG", (2000, 1000)), headers=HTMX)
    row = rows()[0]
    assert answer.status_code == 200
    assert f'name="picture_name" value="{row.name}"' in answer.text
    assert f'src="/media/{row.small_name}"' in answer.text
    assert 'name="picture_alt"' in answer.text
    for name, size in ((row.name, (1600, 800)), (row.small_name, (640, 320))):
        fetched = client.get(f"/media/{name}")
        assert Image.open(BytesIO(fetched.data), formats=("WEBP",)).size == size


def test_words_stay_while_pictures_are_added_and_taken_out(browser, ada):
    client = browser(ada)
    upload(client, picture(), headers=HTMX)
    one = rows()[0].name
    kept = {"picture_name": one, "picture_alt": 'A "wash" & a brush'}
    answer = upload(client, picture(), headers=HTMX, **kept)
    assert "A &#34;wash&#34; &amp; a brush" in answer.text
    two = rows()[1].name
    assert re.findall(r'name="picture_name" value="([^"]+)"', answer.text) == [one, two]
    answer = client.post("/media", data=kept | {"picture_out": one}, headers=HTMX)
    assert answer.status_code == 200
    assert one not in answer.text


def test_the_form_of_a_post_takes_files_without_a_script_and_keeps_them(browser, ada):
    client = browser(ada)
    words = {"kind": "tutorial", "title": "", "body": "Wet the paper first.", "client_key": "key"}
    answer = upload(client, picture(), picture(), url="/posts/new", **words)
    assert answer.status_code == 422
    names = [row.name for row in rows()]
    assert re.findall(r'name="picture_name" value="([^"]+)"', answer.text) == names
    form = words | {"kind": "general", "picture_name": names, "picture_alt": ["A wash", ""]}
    assert client.post("/posts/new", data=form).status_code == 303
    visitor = browser()
    assert all(visitor.get(f"/media/{name}").status_code == 200 for name in names)


def test_four_large_files_fit_into_one_form(browser, ada):
    large = picture("JPEG", (40, 30), comment=b"x" * 60_000) + b"\x00" * 4 * MEGABYTE
    answer = upload(browser(ada), *[large] * 4, url="/posts/new", body="Four brushes.")
    assert (answer.status_code, len(rows())) == (303, 4)


def test_more_than_four_come_back_with_the_first_four(browser, ada):
    answer = upload(browser(ada), *[picture()] * 5, headers=HTMX)
    assert answer.status_code == 422
    assert "at most 4 pictures" in answer.text
    assert len(rows()) == answer.text.count('name="picture_name"') == 4


def test_a_picture_of_nobodys_post_is_its_owners_and_says_how_it_may_be_used(browser, ada, ben):
    upload(browser(ada), picture(), headers=HTMX)
    path = f"/media/{rows()[0].name}"
    answer = browser(ada).get(path)
    assert answer.mimetype == "image/webp"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"].startswith("private")
    assert [browser(one).get(path).status_code for one in (ben, None)] == [404, 404]


def test_a_picture_of_a_post_takes_two_statements_of_a_visitor(browser, ada, store, now, queries):
    post = people.make_post(ada)
    with transaction():
        name = pictures.add(ada, picture(), store, now).name
        pictures.attach(db.session.merge(post), [(name, "")])
    queries.clear()
    assert browser().get(f"/media/{name}").status_code == 200
    assert len(queries) == 2


# -- files that are none, or too much --------------------------------------------------------------


def located() -> bytes:
    """A picture that says where it was taken, and by whom, in every way there is."""
    exif = Image.Exif()
    exif[0x010E] = CANARY.decode()
    exif.get_ifd(GPS).update({1: "N", 2: (52.0, 30.0, 58.0), 29: CANARY.decode()})
    return picture("JPEG", (300, 200), exif=exif, comment=CANARY, xmp=b"<x>" + CANARY + b"</x>")


def test_neither_place_nor_words_of_a_camera_leave_with_a_picture(browser, ada):
    sent = located()
    assert sent.count(CANARY) >= 3
    client = browser(ada)
    upload(client, sent + b"<!--" + CANARY + b"-->", headers=HTMX)
    for name in (rows()[0].name, rows()[0].small_name):
        fetched = client.get(f"/media/{name}").data
        assert CANARY not in fetched
        assert not Image.open(BytesIO(fetched)).getexif()


GIFAR = b"PK\x03\x04" + b"META-INF/MANIFEST.MF" + b"PK\x05\x06" + b"\x00" * 18
SCRIPT = b"<html><script>alert('canary')</script></html>"


@pytest.mark.parametrize(
    "sent",
    [picture("JPEG") + SCRIPT, picture("GIF") + GIFAR, picture("JPEG", comment=SCRIPT)],
    ids=["jpeg-html", "gifar", "comment"],
)
def test_of_a_file_that_is_two_things_only_the_picture_is_kept(browser, ada, sent):
    client = browser(ada)
    assert upload(client, sent, name="x.html", headers=HTMX).status_code == 200
    for name in (rows()[0].name, rows()[0].small_name):
        fetched = client.get(f"/media/{name}").data
        assert fetched.startswith(b"RIFF")
        assert b"canary" not in fetched
        assert b"META-INF" not in fetched


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "not a picture"),
        (SCRIPT, "not a picture"),
        (b"GIF89a/*" + SCRIPT + b"*/=alert(1)//", "not a picture"),
        (picture("JPEG", (300, 300))[:-100], "not a picture"),
        (picture("PNG", (300, 300))[:40], "not a picture"),
        (with_scans(2000), "not a picture"),
        (png_of(30_000, 30_000), "too large"),
        (picture() + b"\x00" * 5 * MEGABYTE, "too large"),
    ],
    ids="svg html-as-png gif-script cut-jpeg cut-png scans bomb long".split(),
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_a_hostile_file_is_refused_with_a_sentence(browser, ada, store, sent, said, headers):
    answer = upload(browser(ada), sent, headers=headers)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'id="pictures-error"' in answer.text
    assert nothing_is_left(store)


@pytest.mark.parametrize(
    "name",
    [
        "x" * 400,
        "../../../etc/passwd",
        "a%0d%0aSet-Cookie: x=1",
        "\u202egnp.exe",
        "a%00.php",
        "CON",
    ],
)
def test_what_a_file_is_called_does_not_matter(browser, ada, store, name):
    answer = upload(browser(ada), picture(), name=name, headers=HTMX)
    assert answer.status_code == 200
    assert name not in answer.text
    row = rows()[0]
    assert sorted(store.names()) == sorted([row.name, row.small_name])


def test_a_hundred_megabytes_are_refused_unread(browser, ada, store):
    answer = browser(ada).post(
        "/media",
        environ_overrides={"CONTENT_LENGTH": str(100 * MEGABYTE)},  # nothing of it was sent yet
        content_type="multipart/form-data; boundary=edge",
        headers=HTMX,
    )
    assert answer.status_code == 413
    assert "too large" in answer.text
    assert nothing_is_left(store)


def test_a_person_has_so_much_room_and_twenty_tries_an_hour(browser, ada, store, now):
    client = browser(ada)
    upload(client, picture(), headers=HTMX)
    kept = set(store.names())
    with transaction():
        db.session.execute(update(Media).values(size=50 * MEGABYTE))
    answer = upload(client, picture(), headers=HTMX)
    assert answer.status_code == 413
    assert "Your room here is used up: 50 MB" in answer.text
    with transaction():
        db.session.execute(update(Media).values(size=1))
        for _ in range(20 - db.session.scalar(select(func.count(Attempt.id)))):
            media.count_upload(ada, now)
    answer = upload(client, picture(), headers=HTMX)
    assert answer.status_code == 429
    assert "Try again in" in answer.text
    assert (len(rows()), set(store.names())) == (1, kept)


@pytest.fixture
def small_disk(settings, store):
    """The files of the app on a disk of 64 KiB, where one can be had."""
    folder: Path = settings.media_folder
    folder.mkdir(exist_ok=True)
    mount = shutil.which("mount")
    command = [mount, "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if not mount or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("nobody but root may mount a small disk")
    yield store
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_said_so_and_the_rest_works(browser, ada, small_disk):
    noise = Image.effect_noise((900, 900), 90).convert("RGB")
    file = BytesIO()
    noise.save(file, "JPEG", quality=60)
    client = browser(ada)
    answer = upload(client, file.getvalue(), headers=HTMX)
    assert answer.status_code == 503
    assert "could not be stored just now" in answer.text
    assert nothing_is_left(small_disk)
    assert client.get("/settings/profile").status_code == 200
    assert upload(client, picture(), headers=HTMX).status_code == 200


def test_a_disk_that_is_almost_full_is_left_to_the_database(app: Flask, browser, ada, settings):
    with app.app_context():
        before = db.engine.get_execution_options()["files"]
        db.engine.update_execution_options(files=Folder(settings.media_folder, full_at=0))
    try:
        answer = upload(browser(ada), picture(), headers=HTMX)
    finally:
        db.engine.update_execution_options(files=before)
    assert answer.status_code == 503
    assert rows() == []
