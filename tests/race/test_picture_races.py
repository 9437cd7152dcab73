"""When a post and the sweep want the same picture, or several fill the last room, who gets it?

Threads over the domain, on both databases.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from skillswap.db import db, transaction
from skillswap.domain import media, pictures
from skillswap.errors import Full, Refused
from skillswap.models import Media, Post, PostImage
from tests import people
from tests.lib.test_media import picture
from tests.race.racing import again, races, winners

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def no_files_are_left(app: Flask) -> Iterator[None]:
    yield
    for name in list(media.store().names()):
        media.store().delete(name)


def count(table: type) -> int:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_a_post_takes_a_picture_or_finds_it_gone(app, now):
    ada = people.make_person("ada")
    post = people.make_post(ada)
    with transaction():
        name = pictures.add(ada, picture(), media.store(), now - DAY).name
    for taken, swept in races(
        app,
        [
            lambda: pictures.attach(db.session.get_one(Post, post.id), [(name, "A wash")]),
            lambda: pictures.forget_due(now, 9),
        ],
    ):
        refused = isinstance(taken, Refused)
        assert (swept, count(Media), count(PostImage)) == ((1, 0, 0) if refused else (0, 1, 1))


def test_of_several_at_once_one_gets_the_last_room(app, now):
    ada = people.make_person("ada")
    with transaction():
        size = pictures.add(ada, picture(), media.store(), now).size
        left = size + size // 2  # there is room for one more
        db.session.execute(update(Media).values(size=media.MOST_BYTES_EACH - left))
    adding = [lambda: pictures.add(again(ada), picture(), media.store(), now).size] * 3
    for answers in races(app, adding):
        assert winners(answers) == [size]
        assert [type(one) for one in answers if isinstance(one, Exception)] == [Full, Full]
        assert count(Media) == 2
