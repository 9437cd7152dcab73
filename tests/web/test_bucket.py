"""Files in a bucket, at a real endpoint on loopback: in, out, and while it is away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from skillswap import create_app
from skillswap.db import db, transaction
from skillswap.domain import claims, leftovers
from skillswap.lib.bucket import Bucket, BucketAddress, BucketAway
from skillswap.models import Claim, ClaimFile, Media, MediaKind, User
from tests import people
from tests.conftest import HTMX, Client
from tests.lib.test_media import picture
from tests.support.s3 import S3Server, s3_server
from tests.verifying import PDF, take
from tests.web.test_media import avatar_of, send
from tests.web.test_pictures import upload


@pytest.fixture(scope="module")
def there() -> Iterator[S3Server]:
    """One endpoint for all of these tests."""
    with s3_server() as made:
        yield made


@pytest.fixture(scope="module")
def place(app: Flask, settings, there: S3Server) -> Iterator[Flask]:
    """The application of the tests, with its files in the bucket."""
    made = create_app(replace(settings, media_bucket=BucketAddress.parse(there.url, {})))
    made.config.update(WTF_CSRF_ENABLED=False)
    made.test_client_class = Client
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def bucket(place: Flask) -> Bucket:
    """Its bucket, empty."""
    with place.app_context():
        found: Bucket = db.engine.get_execution_options()["files"]
    for name in list(found.names()):
        found.delete(name)
    return found


def browse(place: Flask, person=None) -> Client:
    client = place.test_client()
    if person is not None:
        token = people.sign_in(person)
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
    return client


def doctor(place: Flask) -> str:
    with place.app_context():
        return place.test_cli_runner().invoke(args=["doctor"]).output


def test_a_file_is_found_again_and_gone_once_deleted(bucket):
    bucket.put("a.webp", b"one")
    bucket.put("a.webp", b"two")
    assert bucket.get("a.webp") == b"two"
    bucket.delete("a.webp")
    bucket.delete("a.webp")
    with pytest.raises(KeyError):
        bucket.get("a.webp")
    for act in (bucket.get, bucket.delete, lambda name: bucket.put(name, b"")):
        with pytest.raises(KeyError):
            act("../a.webp")


def test_files_are_listed_by_name_without_what_others_put_there(bucket):
    before = datetime.now(UTC) - timedelta(minutes=1)
    for name in ("c.webp", "a.webp", "b.webp"):
        bucket.put(name, b"1")
    bucket._client.put_object(Bucket="pictures", Key="b/theirs", Body=b"1")
    assert sorted(bucket.names()) == ["a.webp", "b.webp", "c.webp"]
    first = bucket.listed("", 2)
    assert [file.name for file in first] == ["a.webp", "b.webp"]
    assert all(file.at > before for file in first)
    assert [file.name for file in bucket.listed("b.webp", 1)] == ["c.webp"]
    assert bucket.listed("c.webp", 2) == []
    bucket._client.delete_object(Bucket="pictures", Key="b/theirs")


def test_a_bucket_that_is_not_there_is_away(there):
    other = Bucket(BucketAddress.parse(there.url.replace("/pictures", "/elsewhere"), {}))
    for act in (lambda: other.put("a.webp", b""), lambda: other.get("a.webp"), other.names):
        with pytest.raises(BucketAway, match="elsewhere"):
            list(act() or ())


def test_pictures_and_attachments_go_in_and_out(place, bucket, ada, ben, now):
    people.make_exchange(ben, ada)
    client = browse(place, ada)
    assert send(client, picture("JPEG")).status_code == 303
    assert upload(client, picture(), headers=HTMX).status_code == 200
    thread = client.post(f"/chat/with/{ben.username}", data={"body": "Hello", "client_key": "k"})
    url = f"{thread.location}/messages"
    sent = upload(client, b"%PDF-1.4 a", url=url, field="file", body="Look", headers=HTMX)
    assert sent.status_code == 200
    rows = {row.kind: row for row in db.session.scalars(select(Media))}
    names = {one for row in rows.values() for one in (row.name, row.small_name) if one}
    assert set(bucket.names()) == names
    for kind, path in ((MediaKind.AVATAR, "/media/"), (MediaKind.CHAT, "/chat/files/")):
        answer = client.get(f"{path}{rows[kind].name}")
        assert answer.data == bucket.get(rows[kind].name)
    assert client.get(f"/media/{rows[MediaKind.POST].small_name}").status_code == 200
    shown = rows[MediaKind.AVATAR].name
    client.post("/settings/avatar/delete")
    assert names - set(bucket.names()) == {shown}


def test_left_files_go_from_a_bucket_too(place, bucket, ada, now):
    upload(browse(place, ada), picture(), headers=HTMX)
    bucket.put("left.webp", b"1")
    with place.app_context():
        for later, gone in ((0, 0), (0, 0), (25, 1)):
            with transaction():
                assert leftovers.remove_due(now + timedelta(hours=later), 100) == gone
    assert len(list(bucket.names())) == 2


def test_while_the_bucket_is_away_files_are_and_the_rest_works(place, there, ada):
    client = browse(place, ada)
    send(client, picture())
    name = avatar_of("ada")
    there.stop()
    try:
        answer = upload(client, picture(), headers=HTMX)
        assert answer.status_code == 503
        assert "could not be stored just now" in answer.text
        answer = client.get(f"/media/{name}")
        assert answer.status_code == 503
        assert "cannot be fetched just now" in answer.text
        assert client.get("/settings/profile").status_code == 200
        assert client.post("/settings/avatar/delete").status_code == 303
        told = doctor(place)
        assert "TROUBLE  files can be reached: the bucket pictures at 127.0.0.1" in told
        assert "secret" not in told
    finally:
        there.start()
    assert avatar_of("ada") is None
    assert db.session.scalar(select(func.count(Media.id))) == 0
    assert "Files lie in the bucket pictures" in doctor(place)


def test_no_connection_is_held_while_the_bucket_is_asked(place, bucket, ada):
    client = browse(place, ada)
    upload(client, picture(), headers=HTMX)
    with transaction():
        db.session.execute(update(Media).values(name="lost.webp"))
    with place.app_context():
        pool = db.engine.pool
    held, asked = [], bucket._client.meta.events

    def note(**_more) -> None:
        held.append(pool.checkedout())

    asked.register("before-send.s3", note)
    try:
        assert client.get("/media/lost.webp").status_code == 404
        assert upload(client, picture(), headers=HTMX).status_code == 200
    finally:
        asked.unregister("before-send.s3", note)
    assert held == [0, 0, 0]


def test_documents_lie_in_the_bucket_sealed_and_go_with_their_claim(place, bucket, ada, mo, now):
    with place.app_context():
        pool, held = db.engine.pool, []

        def note(**_more) -> None:
            held.append(pool.checkedout())

        bucket._client.meta.events.register("before-send.s3", note)
        person = again(ada)
        db.session.rollback()  # as between the transactions of a request
        with transaction():
            claims.submit(person, what="identity", files=[(PDF, "id.pdf")], now=now)
        bucket._client.meta.events.unregister("before-send.s3", note)
        assert set(held) == {0}
        (name,) = bucket.names()
        assert b"%PDF" not in bucket.get(name)
        key = take(again(mo), db.session.scalars(select(Claim)).one())
        file = db.session.scalars(select(ClaimFile)).one()
        assert claims.open_file(again(mo), key, file.public_id, now).data == PDF
        with transaction():
            claims.approve(again(mo), key, badge="Identity", now=now)
        assert list(bucket.names()) == []
        db.session.remove()


def again(person: User) -> User:
    """The same person, in the session of this place."""
    return db.session.get_one(User, person.id)
