"""Which pictures does a post show, who may fetch them, and how do they go?"""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from skillswap.db import db, transaction
from skillswap.domain import pictures, safety
from skillswap.errors import Away, Full, NotFound, Refused
from skillswap.lib.storage import Folder
from skillswap.models import Media, Post, PostImage, PostState, UserState
from tests import people
from tests.lib.test_media import picture

DAY = timedelta(days=1)


@pytest.fixture
def store(app, settings):
    """Where the app of the tests keeps its files, empty before and after."""
    folder = Folder(settings.media_folder)
    empty(folder)
    yield folder
    empty(folder)


def empty(folder: Folder) -> None:
    for name in list(folder.names()):
        folder.delete(name)


@pytest.fixture
def post(ada):
    return people.make_post(ada)


def add(person, store, now, data=None) -> str:
    with transaction():
        return pictures.add(person, picture() if data is None else data, store, now).name


def attach(post, *chosen: tuple[str, str]) -> None:
    with transaction():
        pictures.attach(db.session.merge(post), chosen)


def shown(post) -> list[tuple[str, str]]:
    return [(one.name, one.alt) for one in pictures.of([post.id])[post.id]]


def rows() -> int:
    return db.session.scalar(select(func.count(Media.id)))


def finds(name, reader) -> bool:
    try:
        return pictures.find(name, reader) == name
    except NotFound:
        return False


def test_a_picture_is_kept_in_two_sizes(ada, store, now):
    name = add(ada, store, now, picture("JPEG", (2000, 1000)))
    row = db.session.scalars(select(Media)).one()
    assert (row.name, row.width, row.height) == (name, 1600, 800)
    assert set(store.names()) == {name, row.small_name}
    assert row.size == len(store.get(name)) + len(store.get(row.small_name))


def test_a_post_shows_its_pictures_in_their_order_and_forgets_the_others(post, ada, store, now):
    one, two, three = (add(ada, store, now) for _ in range(3))
    attach(post, (two, "  A  wash "), (one, ""), (two, "again"))
    assert shown(post) == [(two, "A wash"), (one, "")]
    attach(post, (one, "Paper"), (three, ""))
    assert shown(post) == [(one, "Paper"), (three, "")]
    assert rows() == 2
    assert len(set(store.names())) == 4
    attach(post)
    assert (shown(post), rows(), list(store.names())) == ([], 0, [])


def test_what_was_taken_out_comes_back_with_a_transaction_that_fails(post, ada, store, now):
    name = add(ada, store, now)
    attach(post, (name, ""))

    def fail():
        with transaction():
            pictures.attach(db.session.merge(post), [])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert shown(post) == [(name, "")]
    assert len(list(store.names())) == 2


def test_only_pictures_of_ones_own_that_stand_nowhere_else(post, ada, ben, store, now):
    mine, foreign = add(ada, store, now), add(ben, store, now)
    attach(people.make_post(ada), (mine, ""))
    for name in (mine, foreign, "nothing.webp"):
        with pytest.raises(Refused, match="picture_gone"):
            attach(post, (name, ""))
    assert [one.name for one in pictures.chosen(ada, [(mine, "a"), (foreign, "b")])] == [mine]


@pytest.mark.parametrize(
    ("count", "alt", "code"),
    [(5, "", "too_many"), (1, "x" * 301, "alt_too"), (1, "a\u202eb", "control")],
)
def test_at_most_four_with_words_that_can_be_read(post, ada, store, now, count, alt, code):
    chosen = [(add(ada, store, now), alt) for _ in range(count)]
    with pytest.raises(Refused, match=code):
        attach(post, *chosen)
    assert shown(post) == []


def test_a_picture_is_its_owners_until_a_post_shows_it(post, ada, ben, store, now):
    name = add(ada, store, now)
    small = db.session.scalar(select(Media.small_name))
    assert [finds(name, one) for one in (ada, ben, None)] == [True, False, False]
    attach(post, (name, ""))
    for one in (name, small):
        assert [finds(one, reader) for reader in (ada, ben, None)] == [True, True, True]


@pytest.mark.parametrize("state", [PostState.DRAFT, PostState.HIDDEN])
def test_a_picture_of_a_post_that_others_do_not_see_is_its_owners(
    post, ada, ben, store, now, state
):
    name = add(ada, store, now)
    attach(post, (name, ""))
    with transaction():
        db.session.execute(update(Post).values(state=state))
    assert [finds(name, one) for one in (ada, ben, None)] == [True, False, False]


def test_who_may_not_see_the_author_does_not_see_the_picture(post, ada, ben, cy, store, now):
    name = add(ada, store, now)
    attach(post, (name, ""))
    with transaction():
        safety.block(ben, ada.username, now=now)
    assert [finds(name, one) for one in (ada, ben, cy)] == [True, False, True]
    with transaction():
        db.session.merge(ada).state = UserState.SUSPENDED
    assert [finds(name, one) for one in (cy, None)] == [False, False]


def test_the_room_of_a_person_ends_in_bytes_and_in_files(ada, ben, store, now):
    add(ada, store, now)
    kept = set(store.names())
    for size in (50 * 1024 * 1024 - 10, 1):
        with transaction():
            db.session.execute(update(Media).values(size=size))
            if size == 1:
                db.session.add_all(
                    Media(name=f"{n}.webp", owner_id=ada.id, kind="post", size=1, created_at=now)
                    for n in range(299)
                )
        before = rows()
        with pytest.raises(Full):
            add(ada, store, now)
        assert (rows(), set(store.names())) == (before, kept)
    add(ben, store, now)


def test_a_disk_that_is_almost_full_takes_nothing_more(ada, settings, now):
    with pytest.raises(Away, match="storage_away"):
        add(ada, Folder(settings.media_folder, full_at=0), now)
    assert rows() == 0


def test_what_no_post_took_within_a_day_goes_and_nothing_else(post, ada, store, now):
    used, late, fresh = (add(ada, store, now - age) for age in (9 * DAY, DAY, DAY / 2))
    attach(post, (used, ""))
    with transaction():
        assert pictures.forget_due(now, 100) == 1
    left = set(db.session.scalars(select(Media.name)))
    assert left == {used, fresh}
    assert late not in set(store.names())
    assert len(list(store.names())) == 4


def test_pictures_of_many_posts_take_one_statement(ada, store, now, queries):
    posts = [people.make_post(ada, body=f"Post number {number}") for number in range(3)]
    for one in posts:
        attach(one, (add(ada, store, now), ""))
    queries.clear()
    assert [len(found) for found in pictures.of([one.id for one in posts]).values()] == [1, 1, 1]
    assert len(queries) == 1
    assert pictures.of([]) == {}
    assert db.session.scalar(select(func.count()).select_from(PostImage)) == 3
