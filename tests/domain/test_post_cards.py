"""A post as one reader sees it, and who sees none."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from skillswap.db import db, transaction
from skillswap.domain import posts, safety
from skillswap.errors import NotFound
from skillswap.models import (
    Bookmark,
    Media,
    MediaKind,
    PartnerConsent,
    Post,
    PostImage,
    PostKind,
    PostLike,
    PostState,
    User,
    UserState,
)
from tests.people import make_post


def add(*rows: Any) -> None:
    with transaction():
        db.session.add_all(rows)


def test_a_card_says_what_the_post_is_and_what_the_reader_did_with_it(
    ada: User, ben: User, now: datetime
) -> None:
    post = make_post(
        ada, title="Wet first", kind=PostKind.TUTORIAL, skills=("Watercolour", "Piano")
    )
    media = Media(
        name="large.webp",
        small_name="small.webp",
        width=1600,
        height=900,
        owner_id=ada.id,
        kind=MediaKind.POST,
        size=9,
        created_at=now,
    )
    add(media)
    add(
        PostImage(post_id=post.id, place=1, media_id=media.id, alt="A wet sheet"),
        PostLike(post_id=post.id, user_id=ben.id, created_at=now),
        Bookmark(post_id=post.id, user_id=ben.id, created_at=now),
    )

    (seen,) = posts.cards_of([post.id], ben)

    assert (seen.title, seen.kind, seen.author.name) == ("Wet first", "tutorial", "Ada Example")
    assert [skill.name for skill in seen.skills] == ["Watercolour", "Piano"]
    assert seen.pictures == (
        posts.PostPicture("/media/large.webp", "/media/small.webp", 1600, 900, "A wet sheet"),
    )
    assert (seen.liked, seen.saved, seen.mine) == (True, True, False)
    (own,) = posts.cards_of([post.id], ada)
    assert (own.liked, own.saved, own.mine) == (False, False, True)
    (signed_out,) = posts.cards_of([post.id], None)
    assert (signed_out.liked, signed_out.saved, signed_out.mine) == (False, False, False)


def test_cards_keep_the_order_asked_for_and_take_two_statements(
    ada: User, ben: User, queries: list[str]
) -> None:
    ids = [make_post(ada, skills=("Piano",)).id for _ in range(20)]
    for some in (ids[:2], ids[::-1]):
        queries.clear()
        assert [card.id for card in posts.cards_of(some, ben)] == some
        assert len(queries) == 2


@pytest.mark.parametrize("state", [PostState.DRAFT, PostState.HIDDEN, PostState.DELETED])
def test_what_is_not_published_is_there_for_nobody_else(
    ada: User, ben: User, state: PostState
) -> None:
    post = make_post(ada)
    with transaction():
        db.session.get_one(Post, post.id).state = state
    for reader in (ben, None):
        assert posts.cards_of([post.id], reader) == []
        with pytest.raises(NotFound):
            posts.card(post.public_id, reader)
        with pytest.raises(NotFound):
            posts.readable_post(post.public_id, reader)


def test_an_author_finds_what_staff_have_hidden_on_its_page_alone(ada: User) -> None:
    post = make_post(ada)
    with transaction():
        db.session.get_one(Post, post.id).state = PostState.HIDDEN
    assert posts.card(post.public_id, ada).hidden
    assert posts.cards_of([post.id], ada) == []


def test_posts_of_somebody_blocked_or_suspended_are_not_there(
    ada: User, ben: User, cy: User, now: datetime
) -> None:
    post = make_post(ada)
    with transaction():
        safety.block(ben, ada.username, now)
    assert posts.cards_of([post.id], ben) == []
    assert [card.id for card in posts.cards_of([post.id], cy)] == [post.id]
    assert posts.readable_post(post.public_id, cy).id == post.id
    with transaction():
        db.session.get_one(User, ada.id).state = UserState.SUSPENDED
    assert posts.cards_of([post.id], cy) == posts.cards_of([post.id], None) == []


def test_a_partner_is_named_once_they_agree_and_while_the_reader_may_see_them(
    ada: User, ben: User, cy: User, now: datetime
) -> None:
    post = make_post(ada, kind=PostKind.ACHIEVEMENT)

    def partner(reader: User) -> str:
        face = posts.card(post.public_id, reader).partner
        return face.username if face else ""

    for consent, named in (
        (PartnerConsent.ASKED, ""),
        (PartnerConsent.REFUSED, ""),
        (PartnerConsent.AGREED, "ben"),
    ):
        with transaction():
            row = db.session.get_one(Post, post.id)
            row.partner_id, row.partner_consent = ben.id, consent
        assert partner(cy) == named
    with transaction():
        safety.block(cy, ben.username, now)
    assert partner(cy) == ""
