"""How does a post begin, reach others, change and go?"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import media, posts, skills
from skillswap.domain.limits import DRAFTS_MOST, MEMBER, NEW
from skillswap.domain.pictures import add as add_picture
from skillswap.errors import NotFound, Refused, Taken, TooMany, WrongState
from skillswap.models import (
    Event,
    Media,
    Post,
    PostKind,
    PostSkill,
    PostState,
    User,
    UserSkillKind,
    UserState,
)
from tests import people
from tests.lib.test_media import picture

DAY = timedelta(days=1)
BODY = "Wet the paper first, then **wait** until it no longer shines."
GENERAL, TUTORIAL = PostKind.GENERAL, PostKind.TUTORIAL


def words(**changed: Any) -> dict[str, Any]:
    return {"kind": GENERAL, "title": "", "body": BODY} | changed


def publish(person: User, **changed: Any) -> Post:
    changed = words(**changed)
    with transaction():
        return posts.publish(person, now=changed.pop("now"), **changed)


def save(person: User, **changed: Any) -> Post:
    with transaction():
        return posts.save_draft(person, **words(**changed))


def change(person: User, post: Post, **changed: Any) -> Post:
    changed = words(**{"version": post.version} | changed)
    with transaction():
        return posts.edit(person, post.public_id, **changed)


def remove(person: User, post: Post, now: Any) -> Post:
    with transaction():
        return posts.delete(person, post.public_id, now=now)


def refused(verb: Any, *args: Any, **kwargs: Any) -> tuple[str, str]:
    with pytest.raises(Refused) as caught, transaction():
        verb(*args, **kwargs)
    return caught.value.field, caught.value.code


def skills_of(post: Post) -> list[tuple[str, Any]]:
    rows = db.session.scalars(
        select(PostSkill).where(PostSkill.post_id == post.id).order_by(PostSkill.place)
    ).all()
    names = {skill.id: skill.slug for skill in posts.skills_of(post)}
    return [(names[row.skill_id], row.published_at) for row in rows]


# -- publishing -----------------------------------------------------------------------------------


def test_a_post_holds_what_was_written_and_what_is_made_of_it(ada, now):
    post = publish(
        ada, kind=TUTORIAL, title="  Wet  in wet", skills=["piano", "Watercolour"], now=now
    )
    assert (post.state, post.published_at, post.edited_at) == (PostState.PUBLISHED, now, None)
    assert (post.title, post.body) == ("Wet in wet", BODY)
    assert "<strong>wait</strong>" in post.body_html == post.lead_html
    assert (post.word_count, post.is_long) == (11, False)
    assert skills_of(post) == [("piano", now), ("watercolour", now)]
    event = db.session.scalars(select(Event).where(Event.kind == "post.published")).one()
    assert event.facts == {"title": "Wet in wet", "kind": "tutorial", "public_id": post.public_id}
    assert (event.actor_id, event.audience) == (ada.id, [])


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"body": " \n"}, "body", "post_empty"),
        ({"body": "x" * 20_001}, "body", "too_long"),
        ({"body": "tu\u202etor"}, "body", "control_characters"),
        ({"title": "x" * 121}, "title", "too_long"),
        ({"title": "ab"}, "title", "title_short"),
        ({"title": "a\u2066bc"}, "title", "control_characters"),
        ({"kind": TUTORIAL, "skills": ["piano"]}, "title", "title_needed"),
        ({"kind": TUTORIAL, "title": "Wet in wet"}, "skill", "tutorial_skill"),
        ({"skills": ["alchemy"]}, "skill", "post_skill_unknown"),
    ],
)
def test_a_rule_that_is_broken_is_named_beside_its_field(ada, now, changed, field, code):
    assert refused(posts.publish, ada, now=now, **words(**changed)) == (field, code)
    assert db.session.scalar(select(func.count(Post.id))) == 0


def test_at_most_five_skills_each_once_and_none_that_waits_for_a_moderator(ada, now):
    names = [people.make_skill(f"Skill {number}").name for number in range(6)]
    assert refused(posts.publish, ada, now=now, **words(skills=names))[1] == "post_skills_most"
    post = publish(ada, skills=[*names[:5], names[0].lower()], now=now)
    assert len(skills_of(post)) == 5
    with transaction():
        skills.propose_skill(ada, UserSkillKind.WANTED, "Kintsugi", level=1, note="", now=now)
    assert refused(posts.publish, ada, now=now, **words(skills=["kintsugi"])) == (
        "skill",
        "post_skill_waits",
    )


def test_who_is_limited_or_has_not_confirmed_an_address_does_not_post(ada, ben, now, app):
    with transaction():
        ada.state = UserState.LIMITED
        ben.email_confirmed_at = None
    assert refused(posts.publish, ada, now=now, **words()) == ("body", "limited")
    assert refused(posts.publish, ben, now=now, **words()) == ("body", "unconfirmed_post")
    save(ada, now=now)  # nobody reads a draft


def test_new_people_post_twice_a_day_and_members_ten_times(ada, now):
    for number in range(NEW.posts_per_day):  # nothing kept yet
        post = publish(ada, body=f"Number {number}", now=now + timedelta(hours=number))
    remove(ada, post, now + timedelta(hours=3))  # it was read all the same
    with pytest.raises(TooMany) as caught, transaction():
        posts.publish(ada, now=now + timedelta(hours=4), **words())
    assert caught.value.code == "posts_today"
    assert caught.value.retry_seconds == 20 * 3600 + 1
    publish(ada, now=now + DAY)
    assert MEMBER.posts_per_day == 10


def test_a_second_click_makes_no_second_post(ada, now):
    first = publish(ada, client_key="abc", now=now)
    again = publish(ada, client_key="abc", now=now + timedelta(seconds=1))
    assert again.id == first.id
    assert db.session.scalar(select(func.count(Event.id))) == 1
    # gone back to the old form and written something else there: another post, and just one
    other = publish(ada, client_key="abc", body="Something else.", now=now)
    assert other.id not in (first.id, None)
    assert publish(ada, client_key="abc", body="Something else.", now=now).id == other.id
    assert db.session.scalar(select(func.count(Post.id))) == 2


# -- drafts ---------------------------------------------------------------------------------------


def test_a_draft_is_kept_under_the_key_of_its_form_and_becomes_the_post(ada, ben, now):
    draft = save(ada, title="We", body="", client_key="abc", now=now)
    again = save(ada, title="Wet", skills=["piano"], client_key="abc", now=now + DAY)
    assert again.id == draft.id
    assert [(one.public_id, one.title, one.saved_at) for one in posts.drafts_of(ada)] == [
        (draft.public_id, "Wet", now + DAY)
    ]
    assert posts.drafts_of(ben) == []
    assert skills_of(draft) == [("piano", None)]
    with pytest.raises(NotFound):
        posts.card(draft.public_id, ada)
    post = publish(ada, title="Wet", skills=["piano"], client_key="abc", now=now + DAY)
    assert (post.id, post.published_at, post.edited_at) == (draft.id, now + DAY, None)
    assert skills_of(post) == [("piano", now + DAY)]
    assert posts.drafts_of(ada) == []
    with pytest.raises(Taken):  # the form saved once more while it was posted
        save(ada, client_key="abc", now=now + DAY)


def test_a_draft_need_not_be_whole_but_must_hold_something(ada, now):
    assert save(ada, kind=TUTORIAL, title="A", body="", now=now).title == "A"
    assert refused(posts.save_draft, ada, now=now, **words(body=" ")) == ("body", "draft_empty")
    too_long = words(body="x" * 20_001)
    assert refused(posts.save_draft, ada, now=now, **too_long) == ("body", "too_long")


def test_there_are_twenty_drafts_at_most_and_a_deleted_one_makes_room(ada, now):
    drafts = [save(ada, body=f"Number {number}", now=now) for number in range(DRAFTS_MOST)]
    assert refused(posts.save_draft, ada, now=now, **words())[1] == "drafts_full"
    with pytest.raises(Refused), transaction():
        posts.start(ada, now=now, **words())
    remove(ada, drafts[3], now)
    save(ada, now=now)
    publish(ada, now=now)  # posting needs no room among them


def test_a_draft_with_words_to_begin_from(ada, ben, now):
    with transaction():
        draft = posts.start(ada, now=now, partner=ben, **words(kind=PostKind.ACHIEVEMENT))
    assert draft.client_key
    assert posts.find_mine(ada, draft.public_id).partner_id == ben.id
    with pytest.raises(NotFound):
        posts.find_mine(ben, draft.public_id)


# -- changing and taking away ---------------------------------------------------------------------


def test_an_edited_post_says_so_and_keeps_its_place(ada, now):
    post = publish(ada, title="First", skills=["piano"], now=now)
    later = now + timedelta(hours=1)
    change(ada, post, title="First", skills=["piano"], now=later)
    assert post.edited_at is None  # nothing was different
    post = change(
        ada, post, title="Second", body="*Other* words", skills=["watercolour"], now=later
    )
    assert (post.title, post.edited_at, post.published_at) == ("Second", later, now)
    assert post.body_html == "<p><em>Other</em> words</p>\n"
    assert skills_of(post) == [("watercolour", now)]
    kinds = db.session.scalars(select(Event.kind).order_by(Event.id)).all()
    assert kinds == ["post.published", "post.edited"]


def test_two_editors_at_once_and_a_refusal_leave_the_post_as_it_was(ada, ben, now):
    post = publish(ada, title="First", now=now)
    began_with = post.version
    change(ada, post, title="Second", now=now)
    with pytest.raises(Taken) as caught:
        change(ada, post, title="Third", version=began_with, now=now)
    assert caught.value.code == "post_changed"
    with pytest.raises(Refused):
        change(ada, post, title="Third", body="", now=now)
    with pytest.raises(NotFound):
        change(ben, post, title="Third", now=now)
    assert posts.find_mine(ada, post.public_id).title == "Second"


def test_a_deleted_post_leaves_no_words_and_is_not_found_by_its_skills(ada, ben, now):
    post = publish(ada, title="First", skills=["piano"], now=now)
    with pytest.raises(NotFound):
        remove(ben, post, now)
    gone = remove(ada, post, now)
    assert remove(ada, post, now).id == gone.id  # harmless
    assert (gone.state, gone.title, gone.body, gone.body_html) == (PostState.DELETED, "", "", "")
    assert [published_at for _slug, published_at in skills_of(gone)] == [None]
    for read in (lambda: posts.find_mine(ada, post.public_id), lambda: change(ada, post, now=now)):
        with pytest.raises(NotFound):
            read()
    event = db.session.scalars(select(Event).where(Event.kind == "post.deleted")).one()
    assert event.facts == {"kind": "general", "gone": True} or event.facts == {"kind": "general"}


def test_staff_take_a_post_out_of_sight_and_bring_it_back(ada, ben, mo, now):
    post = publish(ada, skills=["piano"], now=now)
    with pytest.raises(NotFound), transaction():
        posts.hide(ben, post.public_id, now=now)
    with transaction():
        hidden = posts.hide(mo, post.public_id, now=now)
    assert skills_of(hidden) == [("piano", None)]
    with pytest.raises(WrongState):
        change(ada, hidden, body="Now it says something else", now=now)
    with pytest.raises(NotFound):
        posts.card(post.public_id, ben)
    with transaction():
        released = posts.release(mo, post.public_id, now=now)
    assert skills_of(released) == [("piano", now)]
    draft = save(ada, now=now)
    with pytest.raises(NotFound), transaction():
        posts.release(mo, draft.public_id, now=now)


# -- pictures -------------------------------------------------------------------------------------


def test_pictures_come_with_the_draft_stay_with_the_post_and_go_with_it(ada, now):
    with transaction():
        names = [add_picture(ada, picture(), media.store(), now).name for _number in range(2)]
    save(ada, client_key="abc", pictures=[(names[0], "A river")], now=now)
    shown = [(names[1], "A bridge"), (names[0], "A river")]
    post = publish(ada, client_key="abc", pictures=shown, now=now)
    assert posts.pictures_of(post) == shown
    post = change(ada, post, pictures=shown[:1], now=now)
    assert (posts.pictures_of(post), post.edited_at) == (shown[:1], now)
    assert db.session.scalars(select(Media.name)).all() == [names[1]]
    remove(ada, post, now)
    assert db.session.scalar(select(func.count(Media.id))) == 0
