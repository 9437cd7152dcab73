"""Who may ask what: one line for every route, and how the moment for asking it is reached."""

from __future__ import annotations

import io
from collections.abc import Callable

from PIL import Image

from skillswap import calendaring
from skillswap.db import db, transaction
from skillswap.domain import (
    attachments,
    calendars,
    cases,
    conversations,
    media,
    reports,
    second_steps,
)
from skillswap.domain.reports import SubjectKind
from skillswap.lib.clock import utcnow
from skillswap.lib.sealing import Sealer
from skillswap.models import (
    BadgeCode,
    CaseKind,
    ClaimFile,
    Conversation,
    Media,
    ReportCategory,
    User,
)
from tests import people, wishing, written
from tests.web import test_every_post as every
from tests.web.test_every_post import EVERY, Ready

ROLES = ("owner", "partner", "other", "blocked", "visitor", "moderator", "admin")

# y: let in, n: not there (404), l: to the door (303, htmx 401), f: forbidden (403)
ALL = "yyyyyyy"
SEEN = "yyynyyy"  # there for everybody but whom its owner has blocked
SEEN_BY_MEMBERS = "yyynlyy"
TOWARDS = "ynynlyy"  # something that its owner does to the other of the two
MEMBERS = "yyyylyy"
TWO = "yynnlnn"
MINE = "ynnnlnn"
STAFF = "nnnnnyy"
STAFF_WHO_ASK = "ynnnnyy"  # here the owner is staff too
ADMIN_WHO_ASKS = "ynnnnny"
HOLDER = "ynnnnnn"  # here the owner is the member of staff who has taken it
NOBODY = "nnnnnnn"

POLICIES: dict[str, str] = {
    "accounts.again": MEMBERS,
    "accounts.code": ALL,
    "accounts.log_in": ALL,
    "accounts.log_out": ALL,
    "accounts.sign_up": ALL,
    "achievements.agree": MINE,
    "achievements.naming": MINE,
    "achievements.refuse": MINE,
    "achievements.withdraw": MINE,
    "achievements.write": TWO,
    "announcements.dismiss": MEMBERS,
    "atom.person": ALL,
    "atom.skill": ALL,
    "availability.add_exception": MEMBERS,
    "availability.page": MEMBERS,
    "availability.remove_exception": MEMBERS,
    "availability.set_limits": MEMBERS,
    "availability.set_week": MEMBERS,
    "badges.shelf": ALL,
    "badges.show": ALL,
    "boards.show": MEMBERS,
    "boards.show_me": MEMBERS,
    "bookmarks.mine": MEMBERS,
    "calendars.feed": ALL,
    "calendars.file": TWO,
    "calendars.new": MEMBERS,
    "calendars.stop": MEMBERS,
    "chat.begin": TOWARDS,
    "chat.delete": MINE,
    "chat.edit": MINE,
    "chat.let_in": TWO,
    "chat.mine": MEMBERS,
    "chat.put_aside": TWO,
    "chat.read": TWO,
    "chat.send": TWO,
    "chat.show": TWO,
    "comments.delete": MINE,
    "comments.edit": MINE,
    "comments.like": SEEN_BY_MEMBERS,
    "comments.make": SEEN_BY_MEMBERS,
    "comments.show": SEEN,
    "comments.unlike": SEEN_BY_MEMBERS,
    "dashboard.page": MEMBERS,
    "dev.mail": NOBODY,
    "dismissals.bring_back": TOWARDS,
    "dismissals.dismiss": TOWARDS,
    "email_links.confirm": ALL,
    "email_links.forgot": ALL,
    "email_links.reset": ALL,
    "email_links.send": MEMBERS,
    "email_links.undo": ALL,
    "exchanges.cancel": TWO,
    "exchanges.complete": TWO,
    "exchanges.mine": MEMBERS,
    "exchanges.notes": TWO,
    "exchanges.propose": TWO,
    "exchanges.show": TWO,
    "exchanges.wake": TWO,
    "explore.people": ALL,
    "explore.skills": ALL,
    "feed.of_person": SEEN,
    "feed.page": MEMBERS,
    "follows.follow": TOWARDS,
    "follows.followers": SEEN,
    "follows.following": SEEN,
    "follows.mine": MEMBERS,
    "follows.unfollow": TOWARDS,
    "live.enter": ALL,
    "media.add": MEMBERS,
    "media.attached": TWO,
    "media.show": ALL,
    "moderation.accept_skill": STAFF_WHO_ASK,
    "moderation.add_word": STAFF_WHO_ASK,
    "moderation.announce": STAFF_WHO_ASK,
    "moderation.announcement": STAFF_WHO_ASK,
    "moderation.announcements": STAFF,
    "moderation.answer": STAFF_WHO_ASK,
    "moderation.approve_claim": STAFF_WHO_ASK,
    "moderation.ask_more": STAFF_WHO_ASK,
    "moderation.case": STAFF_WHO_ASK,
    "moderation.claim": STAFF_WHO_ASK,
    "moderation.claim_file": HOLDER,
    "moderation.clear_flag": STAFF_WHO_ASK,
    "moderation.confirm_again": STAFF_WHO_ASK,
    "moderation.contest": STAFF,
    "moderation.contests": STAFF,
    "moderation.decide": STAFF_WHO_ASK,
    "moderation.deliveries": STAFF,
    "moderation.dismiss": STAFF_WHO_ASK,
    "moderation.edit_announcement": STAFF_WHO_ASK,
    "moderation.edit_skill": STAFF_WHO_ASK,
    "moderation.give_role": ADMIN_WHO_ASKS,
    "moderation.hand_back": STAFF_WHO_ASK,
    "moderation.keep_back": STAFF_WHO_ASK,
    "moderation.keep_flag": STAFF_WHO_ASK,
    "moderation.log": STAFF,
    "moderation.look_at_merge": STAFF,
    "moderation.merge_proposed": STAFF_WHO_ASK,
    "moderation.merge_skill": STAFF_WHO_ASK,
    "moderation.new_announcement": STAFF,
    "moderation.next_case": STAFF,
    "moderation.note": STAFF_WHO_ASK,
    "moderation.numbers": STAFF,
    "moderation.open_claim_file": HOLDER,
    "moderation.people": STAFF,
    "moderation.person": STAFF,
    "moderation.queue": STAFF,
    "moderation.refuse_claim": STAFF_WHO_ASK,
    "moderation.refuse_skill": STAFF_WHO_ASK,
    "moderation.release": STAFF_WHO_ASK,
    "moderation.remove_word": STAFF_WHO_ASK,
    "moderation.retry": STAFF_WHO_ASK,
    "moderation.revoke_claim": ADMIN_WHO_ASKS,
    "moderation.sign_out": STAFF_WHO_ASK,
    "moderation.skill": STAFF,
    "moderation.skills": STAFF,
    "moderation.standing": STAFF_WHO_ASK,
    "moderation.uphold": STAFF_WHO_ASK,
    "moderation.withdraw_announcement": STAFF_WHO_ASK,
    "notifications.page": MEMBERS,
    "notifications.read": MEMBERS,
    "pages.healthz": ALL,
    "pages.help": ALL,
    "pages.home": ALL,
    "pages.privacy": ALL,
    "pages.readyz": ALL,
    "pages.robots_txt": ALL,
    "pages.safety": ALL,
    "pages.security_txt": ALL,
    "pages.terms": ALL,
    "pitches.accept": MINE,
    "pitches.ask": MINE,
    "pitches.closed": MEMBERS,
    "pitches.decline": MINE,
    "pitches.held": MINE,
    "pitches.ignore": MINE,
    "pitches.inbox": MEMBERS,
    "pitches.last_word": TWO,
    "pitches.pause": MEMBERS,
    "pitches.reply": MINE,
    "pitches.resume": MEMBERS,
    "pitches.send": SEEN_BY_MEMBERS,
    "pitches.sent": MEMBERS,
    "pitches.show": TWO,
    "pitches.undo": MINE,
    "pitches.withdraw": MINE,
    "pitches.withdraw_held": MINE,
    "pitches.withdraw_siblings": MINE,
    "points.page": MEMBERS,
    "posts.bookmark": SEEN_BY_MEMBERS,
    "posts.delete": MINE,
    "posts.edit": MINE,
    "posts.like": SEEN_BY_MEMBERS,
    "posts.new": MEMBERS,
    "posts.show": SEEN,
    "posts.unbookmark": SEEN_BY_MEMBERS,
    "posts.unlike": SEEN_BY_MEMBERS,
    "preferences.page": MEMBERS,
    "profiles.show": SEEN,
    "profiles.why": TOWARDS,
    "push.manifest": ALL,
    "push.subscribe": MEMBERS,
    "push.unsubscribe": MEMBERS,
    "push.worker": ALL,
    "ratings.of": SEEN,
    "ratings.rate": TWO,
    "ratings.reply": MINE,
    "ratings.retract": MINE,
    "ratings.show": SEEN_BY_MEMBERS,
    "ratings.skip": TWO,
    "records.page": MEMBERS,
    "rings.accept": TWO,
    "rings.decline": TWO,
    "rings.mine": MEMBERS,
    "rings.show": TWO,
    "rings.start": TOWARDS,
    "rings.withdraw": TWO,
    "safety.block": TOWARDS,
    "safety.mute": TOWARDS,
    "safety.own_report": MINE,
    "safety.privacy": MEMBERS,
    "safety.report": TWO,
    "safety.unblock": TOWARDS,
    "safety.unmute": TOWARDS,
    "saved_teachers.mine": MEMBERS,
    "saved_teachers.save": TOWARDS,
    "saved_teachers.unsave": TOWARDS,
    "saved_teachers.unwatch": TOWARDS,
    "saved_teachers.watch": TOWARDS,
    "search.page": ALL,
    "second_steps.begin": MEMBERS,
    "second_steps.confirm": "ynnnlyy",
    "second_steps.renew": MEMBERS,
    "second_steps.show": MEMBERS,
    "second_steps.square": MINE,
    "second_steps.switch_off": MEMBERS,
    "sessions.accept": MINE,
    "sessions.cancel": TWO,
    "sessions.contest": MINE,
    "sessions.decline": MINE,
    "sessions.forgive": MINE,
    "sessions.gathering": TWO,
    "sessions.join": TWO,
    "sessions.month": MEMBERS,
    "sessions.move": TWO,
    "sessions.outcome": TWO,
    "sessions.past": MEMBERS,
    "sessions.place": TWO,
    "sessions.prepare": TWO,
    "sessions.show": TWO,
    "sessions.to_agree": MEMBERS,
    "sessions.upcoming": MEMBERS,
    "sessions.withdraw": MINE,
    "settings.add_skill": MEMBERS,
    "settings.avatar": MEMBERS,
    "settings.change_email": MEMBERS,
    "settings.change_password": MEMBERS,
    "settings.delete_avatar": MEMBERS,
    "settings.delete_skill": MEMBERS,
    "settings.edit_skill": MINE,
    "settings.end_others": MEMBERS,
    "settings.end_sign_in": MINE,
    "settings.presence": MEMBERS,
    "settings.profile": MEMBERS,
    "settings.propose_skill": MEMBERS,
    "settings.security": MEMBERS,
    "settings.skills": MEMBERS,
    "settings.suggest_skills": MEMBERS,
    "skill_pages.follow": MEMBERS,
    "skill_pages.show": ALL,
    "skill_pages.unfollow": MEMBERS,
    "streaks.mine": MEMBERS,
    "streaks.pause": MEMBERS,
    "streaks.resume": MEMBERS,
    "strikes.appeal": MINE,
    "strikes.appeal_by_link": ALL,
    "strikes.link": ALL,
    "strikes.mine": MEMBERS,
    "strikes.show": MINE,
    "teachers.browse": ALL,
    "unsubscribe.page": ALL,
    "verification.add": MINE,
    "verification.ask": MEMBERS,
    "verification.page": MEMBERS,
    "verification.show": MINE,
    "verification.withdraw": MINE,
    "wishes.accept": MINE,
    "wishes.all": MEMBERS,
    "wishes.close": MINE,
    "wishes.decline": MINE,
    "wishes.new": MEMBERS,
    "wishes.offer": TWO,
    "wishes.offer_to_teach": SEEN_BY_MEMBERS,
    "wishes.offers": MEMBERS,
    "wishes.renew": MINE,
    "wishes.show": SEEN_BY_MEMBERS,
    "wishes.withdraw": MINE,
}

# what those who are let in get, where that is not the usual
ANSWERS: dict[str, set[int]] = {
    "accounts.code": {200, 204, 303},  # without a first step it leads to that
    "accounts.log_in": {200, 204, 303},  # who is signed in is led on
    "accounts.sign_up": {200, 204, 303},
    "live.enter": {400},  # not by a page: it wants a socket
    "follows.mine": {200, 204, 303},
    "moderation.next_case": {302},
    "ratings.show": {303},  # to where it stands
    "sessions.gathering": {200, 303},
}


# only who has taken the case: colleagues are told that it is taken
OF_THE_HOLDER = {
    "moderation.accept_skill",
    "moderation.answer",
    "moderation.approve_claim",
    "moderation.ask_more",
    "moderation.clear_flag",
    "moderation.dismiss",
    "moderation.hand_back",
    "moderation.keep_back",
    "moderation.keep_flag",
    "moderation.merge_proposed",
    "moderation.refuse_claim",
    "moderation.refuse_skill",
    "moderation.release",
    "moderation.uphold",
}

# these lead to the log-in when all is well
TO_LOG_IN = {"accounts.code", "email_links.confirm", "email_links.reset", "email_links.undo"}


# -- how the moment is reached --------------------------------------------------------------------


def at(url: str, *, by_ben: bool = False) -> Callable[[User, User], Ready]:
    """An address that ada asks, or ben."""
    return lambda ada, ben: Ready(url, ben if by_ben else ada)


def that(find: Callable[[User, User], str]) -> Callable[[User, User], Ready]:
    """An address that ada asks when that is made."""
    return lambda ada, ben: Ready(find(ada, ben), ada)


def naming(ada: User, ben: User) -> Ready:
    post = written.asked(ada, ben, utcnow())
    return Ready(f"/posts/{post.public_id}/naming", ben)


def calendar(ada: User, _ben: User) -> str:
    with transaction():
        calendars.new_address(ada)
    return f"/calendar/{calendaring.token_of(ada)}.ics"


def png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (600, 400), "teal").save(file, "PNG")
    return file.getvalue()


def picture(ada: User, _ben: User) -> str:
    with transaction():
        media.change_avatar(ada, png(), media.store(), utcnow())
    return f"/media/{ada.avatar}"


def attachment(ada: User, ben: User) -> str:
    """A file that ben has sent to ada."""
    every.exchange(ada, ben)
    file = attachments.keep(png(), "river.png", media.store())
    with transaction():
        conversations.send_to(ben, "ada", body="", client_key="", now=utcnow(), file=file)
    return f"/chat/files/{db.session.query(Media.name).filter(Media.conversation_id > 0).scalar()}"


def thread(ada: User, ben: User) -> str:
    every.exchange(ada, ben)
    return f"/chat/{db.session.query(Conversation.public_id).scalar()}"


def comment(ada: User, ben: User) -> str:
    return every.about_comment("like")(ada, ben).url.removesuffix("/like")


def ring(ada: User, ben: User) -> str:
    return every.ring_answer("accept")(ada, ben).url.removesuffix("/accept")


def square(ada: User, _ben: User) -> str:
    with transaction():
        box = Sealer("only-for-tests-and-long-enough-to-be-one", purpose=every.STEP)
        second_steps.begin(ada, box, utcnow())
    return "/settings/security/second-step/square.svg"


def waiting(ada: User, ben: User) -> str:
    """A case about ben."""
    people.make_staff(ada)
    with transaction():
        made = cases.open_case(CaseKind.REPORT, "users", ben.id, person=ben, now=utcnow())
    return f"/moderation/cases/{made.public_id}"


def document(tail: str = "") -> Callable[[User, User], Ready]:
    """A file of a claim of ben, whose case ada has taken."""

    def ready(ada: User, ben: User) -> Ready:
        url = every.claim_in_review("files", {})(ada, ben).url
        return Ready(f"{url}/{db.session.query(ClaimFile.public_id).scalar()}{tail}", ada)

    return ready


def own_report(ada: User, ben: User) -> str:
    """What ada has reported."""
    with transaction():
        subject = reports.subject_of(ada, SubjectKind.PERSON, "ben", utcnow())
        category = ReportCategory.SPAM
        made = reports.make_report(
            ada, subject, category=category, body="", also_block=False, now=utcnow()
        )
    return f"/reports/{made.public_id}"


def part_of(endpoint: str, tail: str) -> Callable[[User, User], Ready]:
    """The address above that of a verb."""

    def ready(ada: User, ben: User) -> Ready:
        found = EVERY[endpoint].ready(ada, ben)
        return Ready(found.url.removesuffix(tail), found.person)

    return ready


LOOKED_AT: dict[str, Callable[[User, User], Ready]] = {
    "achievements.naming": naming,
    "atom.person": at("/feeds/people/ada.atom"),
    "atom.skill": at("/feeds/skills/watercolour.atom"),
    "badges.show": at(f"/badges/{BadgeCode.FIRST_LESSON}"),
    "calendars.feed": that(calendar),
    "calendars.file": that(
        lambda ada, ben: f"/sessions/{every.kept_session(ada, ben).public_id}.ics"
    ),
    "chat.show": that(thread),
    "comments.show": that(comment),
    "exchanges.show": that(lambda ada, ben: f"/exchanges/{every.exchange(ada, ben).public_id}"),
    "feed.of_person": at("/people/ada/posts"),
    "follows.followers": at("/people/ada/followers"),
    "follows.following": at("/people/ada/following"),
    "media.attached": that(attachment),
    "media.show": that(picture),
    "moderation.case": that(waiting),
    "moderation.announcement": part_of("moderation.edit_announcement", ""),
    "moderation.claim_file": document(),
    "moderation.open_claim_file": document("/open"),
    "moderation.person": at("/moderation/people/ben"),
    "moderation.skill": at("/moderation/skills/watercolour"),
    "moderation.look_at_merge": at("/moderation/skills/watercolour/merge?into=piano"),
    "moderation.contest": lambda ada, ben: Ready(every.decide(ada, ben).url, ben),
    "pitches.held": part_of("pitches.withdraw_held", "/withdraw"),
    "pitches.show": that(lambda ada, ben: f"/pitches/{every.pitch(ada, ben).public_id}"),
    "posts.show": that(lambda ada, _ben: f"/posts/{people.make_post(ada).public_id}"),
    "profiles.show": at("/people/ada"),
    "profiles.why": at("/people/ada/why", by_ben=True),
    "ratings.of": at("/people/ada/ratings"),
    "ratings.show": that(every.published),
    "rings.show": that(ring),
    "safety.own_report": that(own_report),
    "second_steps.square": that(square),
    "sessions.gathering": lambda ada, ben: every.join(ada, ben),
    "sessions.show": that(lambda ada, ben: f"/sessions/{every.kept_session(ada, ben).public_id}"),
    "skill_pages.show": at("/explore/skills/watercolour"),
    "strikes.show": part_of("strikes.appeal", "/appeal"),
    "strikes.link": part_of("strikes.appeal_by_link", "/appeal"),
    "verification.show": part_of("verification.withdraw", "/withdraw"),
    "wishes.offer": part_of("wishes.accept", "/accept"),
    "wishes.show": that(lambda _ada, ben: f"/wishes/{wishing.make_wish(ben).public_id}"),
}
