"""May the partner of an exchange be named on a post? Only while they say so, and to these words.

In a draft `asked` is the author's wish; the partner is asked when it is published, and again when
words they agreed to are changed: the name leaves meanwhile. A no stands for that post, whether it
was said, came by silence, or took an earlier yes back.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import and_, or_, select, update

from skillswap.db import db
from skillswap.domain.visibility import visible
from skillswap.models import Event, PartnerConsent, Post, User
from skillswap.models.post import CONSENT_WITHIN

OPEN = (PartnerConsent.ASKED, PartnerConsent.AGREED)


def wish(post: Post, *, named: bool | None) -> None:
    """What the author ticks beside "Name them when they agree". Asked when the post is published
    or edited next; without the tick a name that stands there leaves. None: as it was."""
    if would_change(post, named=named):
        post.partner_consent = PartnerConsent.ASKED if named else None
        post.partner_by = None


def would_change(post: Post, *, named: bool | None) -> bool:
    """Whether that tick is another one than before. After a no nobody asks again."""
    return named is not None and may_ask(post) and named != (post.partner_consent is not None)


def may_ask(post: Post) -> bool:
    """Whether the author can tick it at all: there is a partner, who has not said no."""
    return post.partner_id is not None and post.partner_consent is not PartnerConsent.REFUSED


def ask(event: Event) -> Iterable[Event]:
    """The consequence of a post that is published or edited: its partner is asked, if the author
    wishes, and asked again about other words than those agreed to."""
    post = db.session.get_one(Post, event.subject_id)
    wished = post.partner_consent is PartnerConsent.ASKED and post.partner_by is None
    if not wished and post.partner_consent is not PartnerConsent.AGREED:
        return []
    if not _is_there(post):
        post.partner_consent = PartnerConsent.REFUSED
        return []
    post.partner_consent = PartnerConsent.ASKED
    post.partner_by = event.happened_at + CONSENT_WITHIN
    return [_asked(post, event.happened_at)]


def _is_there(post: Post) -> bool:
    there = select(User.id).where(User.id == post.partner_id, visible(to=post.author_id))
    return db.session.scalar(there) is not None


def _asked(post: Post, now: datetime) -> Event:
    return Event(
        kind="post.partner_asked",
        actor_id=post.author_id,
        subject_type=Post.__tablename__,
        subject_id=post.id,
        audience=[post.partner_id],
        facts={
            "public_id": post.public_id,
            "title": post.title,
            "kind": post.kind,
            "partner_by": post.partner_by.isoformat() if post.partner_by else "",
        },
        happened_at=now,
    )


def say(post: Post, consent: PartnerConsent) -> None:
    """Write what the partner says. The caller has locked the row; its version stays, so that the
    author, who may be editing, is not told of other words."""
    db.session.execute(
        update(Post)
        .where(Post.id == post.id)
        .values(partner_consent=consent, partner_by=None)
        .execution_options(synchronize_session="fetch")
    )


def part(event: Event) -> None:
    """The consequence of a block: neither is named on what the other wrote, for good."""
    one_id, other_id = event.actor_id, event.subject_id
    db.session.execute(
        update(Post)
        .where(
            or_(
                and_(Post.author_id == one_id, Post.partner_id == other_id),
                and_(Post.author_id == other_id, Post.partner_id == one_id),
            ),
            Post.partner_consent.in_(OPEN),
        )
        .values(partner_consent=PartnerConsent.REFUSED, partner_by=None)
        .execution_options(synchronize_session="fetch")
    )


def stands(post: Post, now: datetime) -> PartnerConsent | None:
    """What the partner says by the clock: silence is a no, also before a sweep has written it.

    None while nobody is asked: there is no wish, or the post is not published yet.
    """
    if post.partner_consent is not PartnerConsent.ASKED:
        return post.partner_consent
    if post.partner_by is None:
        return None
    return PartnerConsent.REFUSED if post.partner_by <= now else PartnerConsent.ASKED
