"""Which pictures does a post show, and who may fetch them?

A picture is its owner's alone until a post shows it; then it is there for whoever may read the
post. What no post took within a day, and what was taken out of one, goes away.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain

from sqlalchemy import Row, delete, exists, insert, or_, select

from skillswap.db import afterwards, db
from skillswap.domain import media
from skillswap.domain.limits import UNUSED_FOR
from skillswap.domain.posts.reading import readable
from skillswap.errors import NotFound, Refused
from skillswap.lib.media import MEGABYTES, NotAPicture, TooLarge, TwoSizes, new_name, two_webps
from skillswap.lib.storage import Storage
from skillswap.lib.text import Unprintable, clean_line
from skillswap.models import Media, MediaKind, Post, PostImage, User
from skillswap.models.post import ALT_MOST, IMAGES_MOST

FIELD = "pictures"
Chosen = Sequence[tuple[str, str]]  # names of pictures, each with its words, in their order


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as its owner sees it in a form; width and height are the large one's."""

    name: str
    small_name: str
    width: int
    height: int
    alt: str

    @property
    def url(self) -> str:
        """Where the large one is fetched."""
        return f"/media/{self.name}"

    @property
    def small_url(self) -> str:
        """Where the small one is fetched."""
        return f"/media/{self.small_name}"


def add(person: User, data: bytes, store: Storage, now: datetime) -> Media:
    """Keep a picture in two sizes; no post shows it yet.

    Call `media.count_upload` before, and this first in its transaction: it takes a while. Raises
    Refused when the bytes are no picture, Full when the person's room is used up, Away when the
    storage has none.
    """
    made = _read(data)
    name, small_name = new_name(), new_name()
    media.keep(store, (name, made.large), (small_name, made.small), field=FIELD)
    # of several at once each counts those before it
    db.session.execute(select(User.id).where(User.id == person.id).with_for_update(key_share=True))
    size = len(made.large) + len(made.small)
    media.check_quota(person, size, field=FIELD)
    row = Media(
        name=name,
        small_name=small_name,
        owner_id=person.id,
        kind=MediaKind.POST,
        size=size,
        width=made.width,
        height=made.height,
        created_at=now,
    )
    db.session.add(row)
    db.session.flush()
    return row


def _read(data: bytes) -> TwoSizes:
    try:
        return two_webps(data)
    except TooLarge:
        raise Refused(FIELD, "image_too_large", megabytes=MEGABYTES) from None
    except NotAPicture:
        raise Refused(FIELD, "not_an_image") from None


def attach(post: Post, chosen: Chosen) -> None:
    """Let a post show these pictures of its author, in this order, and forget its others.

    Each has words for who cannot see it, up to 300 characters. Raises Refused for more than four,
    and for one that is not there, is somebody else's or stands in another post.
    """
    wanted = _wanted(chosen)
    rows = db.session.execute(
        select(Media.id, Media.name)
        .outerjoin(PostImage, PostImage.media_id == Media.id)
        .where(
            Media.name.in_(wanted),
            Media.owner_id == post.author_id,
            Media.kind == MediaKind.POST,
            or_(PostImage.post_id.is_(None), PostImage.post_id == post.id),
        )
        .with_for_update(of=Media, key_share=True)  # the sweep waits, or has taken it already
    )
    ids = {row.name: row.id for row in rows}
    if len(ids) != len(wanted):
        raise Refused(FIELD, "picture_gone")
    before = db.session.scalars(
        delete(PostImage).where(PostImage.post_id == post.id).returning(PostImage.media_id)
    ).all()
    places = [
        {"post_id": post.id, "place": place, "media_id": ids[name], "alt": alt}
        for place, (name, alt) in enumerate(wanted.items(), start=1)
    ]
    if places:
        db.session.execute(insert(PostImage), places)
    _forget(set(before) - set(ids.values()))


def _wanted(chosen: Chosen) -> dict[str, str]:
    """Each name once, with its words. Raises Refused."""
    wanted: dict[str, str] = {}
    for name, alt in chosen:
        try:
            wanted.setdefault(name, clean_line(alt))
        except Unprintable:
            raise Refused(FIELD, "control_characters") from None
    if len(wanted) > IMAGES_MOST:
        raise Refused(FIELD, "too_many_pictures", most=IMAGES_MOST)
    if any(len(alt) > ALT_MOST for alt in wanted.values()):
        raise Refused(FIELD, "alt_too_long", limit=ALT_MOST)
    return wanted


def of(post_ids: Sequence[int]) -> dict[int, list[Picture]]:
    """The pictures of posts, in their order. One statement, or none for no ids."""
    found: dict[int, list[Picture]] = {one: [] for one in post_ids}
    if not found:
        return found
    rows = db.session.execute(
        select(PostImage.post_id, PostImage.alt, *_COLUMNS)
        .join(Media, Media.id == PostImage.media_id)
        .where(PostImage.post_id.in_(found))
        .order_by(PostImage.post_id, PostImage.place)
    )
    for row in rows:
        found[row.post_id].append(_picture(row, row.alt))
    return found


def chosen(person: User, names: Chosen) -> list[Picture]:
    """Those of the names that are pictures of this person, to be shown in a form once more."""
    if not names:
        return []
    rows = db.session.execute(
        select(*_COLUMNS).where(
            Media.name.in_([name for name, _alt in names]),
            Media.owner_id == person.id,
            Media.kind == MediaKind.POST,
        )
    )
    mine = {row.name: row for row in rows}
    return [_picture(mine[name], alt) for name, alt in dict(names).items() if name in mine]


_UNUSED = ~exists().where(PostImage.media_id == Media.id)
_COLUMNS = (Media.name, Media.small_name, Media.width, Media.height)


def _picture(row: Row[*tuple[object, ...]], alt: str) -> Picture:
    return Picture(row.name, row.small_name or row.name, row.width, row.height, alt)


def find(name: str, reader: User | None) -> str:
    """The name again, when there is such a picture, in either size, for this reader.

    Raises NotFound otherwise. The owner finds every picture of theirs.
    """
    may = (
        select(PostImage.media_id)
        .join(Post, Post.id == PostImage.post_id)
        .where(PostImage.media_id == Media.id, readable(reader))
        .correlate(Media)
        .exists()
    )
    found = db.session.scalar(
        select(Media.id).where(
            or_(Media.name == name, Media.small_name == name),
            Media.kind == MediaKind.POST,
            may if reader is None else or_(Media.owner_id == reader.id, may),
        )
    )
    if found is None:
        raise NotFound("picture")
    return name


# -- what nobody needs any more -------------------------------------------------------------------


def forget_due(now: datetime, limit: int) -> int:
    """Let go of pictures that no post took within a day."""
    late = Media.created_at <= now - UNUSED_FOR
    due = db.session.scalars(
        select(Media.id)
        .where(Media.kind == MediaKind.POST, late, _UNUSED)
        .order_by(Media.id)
        .limit(limit)
        .with_for_update(of=Media, skip_locked=True)
    )
    return _forget(due.all())


def _forget(media_ids: Collection[int]) -> int:
    """Let go of those of these rows that no post shows, and of their files; how many it were.

    Asked once more: since a row was found and locked, a post may have taken it.
    """
    if not media_ids:
        return 0
    gone = db.session.execute(
        delete(Media)
        .where(Media.id.in_(media_ids), _UNUSED)
        .returning(Media.name, Media.small_name)
        .execution_options(synchronize_session=False)
    ).all()
    for name in chain.from_iterable(gone):
        if name:
            afterwards(kept=partial(media.forget, media.store(), name))
    return len(gone)
