"""Every address that takes a POST, five ways: plain, as htmx, invalid, by a stranger, twice.

The table below must hold every POST route; a new one joins it with a line that says how to reach
a state in which it is legal. What each verb does is tested with its noun; here, that none of
them leaves one of the five ways open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from html import escape
from io import BytesIO
from typing import Any

import pyotp
import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from skillswap import mailing
from skillswap.db import db, transaction
from skillswap.domain import (
    achievements,
    announcements,
    availability,
    cases,
    claims,
    comments,
    contests,
    conversations,
    deliveries,
    email_links,
    learning_sessions,
    pitches,
    ratings,
    reports,
    rings,
    second_steps,
    skills,
    strikes,
)
from skillswap.domain.preferences import Topic
from skillswap.domain.strikes import Outcome
from skillswap.lib.clock import local, utcnow
from skillswap.lib.sealing import Sealer
from skillswap.lib.tokens import token_hash
from skillswap.models import (
    Audience,
    CaseKind,
    Channel,
    DeclineReason,
    Delivery,
    DeliveryResult,
    ExceptionKind,
    Exchange,
    LearningSession,
    OutcomeAnswer,
    Pitch,
    PointsFlag,
    ReportCategory,
    SignIn,
    StaffRole,
    Strike,
    User,
    UserSkillKind,
)
from skillswap.models import Case as Waiting
from tests import holding, people, verifying, wishing, written
from tests.conftest import HTMX
from tests.support.push import Browser

BROWSER = Browser("https://fcm.googleapis.com/wp/every")
DAY = timedelta(days=1)
STEP = "second step"
WORDS = "Typed with care: naïve <b>& bold</b>, so keep it."
Form = dict[str, str]


@dataclass(frozen=True, slots=True)
class Ready:
    """A legal moment: who may send which form where."""

    url: str
    person: User | None
    form: Form = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """How one route is reached, and what each of the five ways answers."""

    ready: Callable[[User, User], Ready]  # ada and ben are given
    wrong: Form | None = None  # replaces these fields of the form; None: nothing to type wrongly
    kept: str | None = None  # what was typed and must come back, where there is text
    private: bool = True  # only people signed in
    somebodys: bool = True  # belongs to somebody: strangers get 404
    again: frozenset[int] = frozenset({409})  # what the second time answers
    files: Callable[[], dict[str, Any]] = dict  # made anew for each request
    signed: bool = False  # its address is the permission, and no token is asked for


HARMLESS = frozenset({303})


def pitch(ada: User, ben: User) -> Pitch:
    return people.make_pitch(ben, ada, offered="spanish")


def exchange(ada: User, ben: User) -> Exchange:
    return people.make_exchange(ben, ada, offered="spanish", now=utcnow() - 5 * DAY)


def offer(ada: User, ben: User) -> LearningSession:
    return people.make_proposal(ada, exchange(ada, ben))


def meeting(ada: User, ben: User, *, starts_in: timedelta) -> LearningSession:
    """A scheduled session that starts about then; agreed three days ago."""
    now = utcnow()
    start = people.next_quarter(now + starts_in)
    return people.make_session(ada, exchange(ada, ben), start=start, now=now - 3 * DAY)


def kept(ada: User, ben: User) -> Exchange:
    """An exchange with a session that happened."""
    found = meeting(ada, ben, starts_in=-DAY)
    for person in (ada, ben):
        with transaction():
            learning_sessions.give_outcome(
                person, found.public_id, answer=OutcomeAnswer.HAPPENED, now=utcnow()
            )
    return db.session.scalars(select(Exchange)).one()


def answer(verb: str, form: Form | None = None) -> Callable[[User, User], Ready]:
    """Ada answers ben's pitch."""
    return lambda ada, ben: Ready(f"/pitches/{pitch(ada, ben).public_id}/{verb}", ada, form or {})


def log_in(ada: User, _ben: User) -> Ready:
    return Ready("/login", None, {"email": ada.email, "password": people.PASSWORD})


def sign_up(_ada: User, _ben: User) -> Ready:
    form = {
        "role": "both",
        "first_name": "Zoë",
        "last_name": "Example",
        "email": "zoe@example.org",
        "password": "a short sentence works",
        "birth_year": "1990",
        "timezone": "Europe/London",
        "terms": "y",
    }
    return Ready("/signup", None, form)


def withdraw_pitch(ada: User, ben: User) -> Ready:
    return Ready(f"/pitches/{pitch(ada, ben).public_id}/withdraw", ben)


def asked(ada: User, ben: User) -> Ready:
    """Ada has asked ben something about his pitch."""
    found = pitch(ada, ben)
    with transaction():
        pitches.ask(ada, found.public_id, body="Which pieces?", now=utcnow())
    return Ready(f"/pitches/{found.public_id}/reply", ben, {"body": "The easy ones."})


def declined(verb: str, *, long_ago: timedelta = timedelta()) -> Callable[[User, User], Ready]:
    """Ada said no to ben and has more to say."""

    def ready(ada: User, ben: User) -> Ready:
        now = utcnow() - long_ago
        found = people.make_pitch(ben, ada, now=now)
        with transaction():
            pitches.decline_pitch(ada, found.public_id, reason=DeclineReason.NO_TIME, now=now)
        form = {"body": "All the best."} if verb == "last-word" else {}
        return Ready(f"/pitches/{found.public_id}/{verb}", ada, form)

    return ready


def resume(ada: User, _ben: User) -> Ready:
    with transaction():
        pitches.pause(ada, until=None, now=utcnow())
    return Ready("/settings/resume", ada)


def withdraw_siblings(ada: User, ben: User) -> Ready:
    dee = people.make_person("dee", offers=("Watercolour",))
    people.make_pitch(ben, dee)
    found = exchange(ada, ben)
    key = db.session.scalar(select(Pitch.public_id).where(Pitch.id == found.pitch_id))
    return Ready(f"/pitches/{key}/withdraw-siblings", ben)


def send_pitch(ada: User, ben: User) -> Ready:
    form = {"skill": "watercolour", "offered": "spanish", "body": people.BODY, "days": "14"}
    return Ready(f"/people/{ada.username}/pitch", ben, form)


def third_of_ring() -> User:
    """Closes the ring of ada and ben: ada teaches watercolour, ben Spanish, dee Portuguese."""
    return people.make_person("dee", offers=("Portuguese",), wants=("Spanish",))


def start_ring(ada: User, _ben: User) -> Ready:
    third_of_ring()
    asked = "second=ben&third=dee&teach=watercolour&second_teaches=spanish&third_teaches=portuguese"
    return Ready(f"/explore/rings/start?{asked}", ada, {"body": people.BODY})


def ring_answer(verb: str, *, yes: bool = False) -> Callable[[User, User], Ready]:
    """Ada has begun a ring; ben answers, or ada takes it back."""

    def ready(ada: User, ben: User) -> Ready:
        third_of_ring()
        with transaction():
            ring = rings.start_ring(
                ada,
                ["ben", "dee"],
                ["watercolour", "spanish", "portuguese"],
                body=people.BODY,
                now=utcnow(),
            )
        form = {"body": people.BODY} if verb == "accept" else {}
        return Ready(f"/explore/rings/{ring.public_id}/{verb}", ada if yes else ben, form)

    return ready


def cancel_exchange(ada: User, ben: User) -> Ready:
    return Ready(f"/exchanges/{exchange(ada, ben).public_id}/cancel", ada, {"reason": "We moved"})


def complete_exchange(ada: User, ben: User) -> Ready:
    return Ready(f"/exchanges/{kept(ada, ben).public_id}/complete", ada)


def wake_exchange(ada: User, ben: User) -> Ready:
    resting = people.make_exchange(ben, ada, offered="spanish", now=utcnow() - 40 * DAY)
    return Ready(f"/exchanges/{resting.public_id}/wake", ben)


def write_notes(ada: User, ben: User) -> Ready:
    url = f"/exchanges/{exchange(ada, ben).public_id}/notes"
    return Ready(url, ada, {"body": "## Next time", "version": "0"})


def propose(ada: User, ben: User) -> Ready:
    found = exchange(ada, ben)
    day = (utcnow() + 3 * DAY).date().isoformat()
    form = {
        "leg": str(found.legs[0].id),
        "minutes": "60",
        "day_1": day,
        "time_1": "18:30",
        "body": "Bring two brushes.",
    }
    return Ready(f"/exchanges/{found.public_id}/propose", ada, form)


def pick(ada: User, ben: User) -> Ready:
    found = offer(ada, ben)
    start = learning_sessions.session_of(ben, found.public_id).proposals[0].start_1
    return Ready(f"/sessions/{found.public_id}/accept", ben, {"start": start.isoformat()})


def decline_times(ada: User, ben: User) -> Ready:
    return Ready(f"/sessions/{offer(ada, ben).public_id}/decline", ben)


def withdraw_times(ada: User, ben: User) -> Ready:
    return Ready(f"/sessions/{offer(ada, ben).public_id}/withdraw", ada)


def cancel_session(ada: User, ben: User) -> Ready:
    found = meeting(ada, ben, starts_in=2 * DAY)
    return Ready(f"/sessions/{found.public_id}/cancel", ben, {"reason": "A cold"})


def move_session(ada: User, ben: User) -> Ready:
    found = meeting(ada, ben, starts_in=2 * DAY)
    later = people.next_quarter(utcnow() + 3 * DAY)
    form = {"minutes": "60", "start": local(later, "UTC").iso, "body": "A train is late."}
    return Ready(f"/sessions/{found.public_id}/move", ben, form)


def prepare_session(ada: User, ben: User) -> Ready:
    found = meeting(ada, ben, starts_in=2 * DAY)
    return Ready(f"/sessions/{found.public_id}/prepare", ben, {"body": "Paper", "version": "0"})


def join(ada: User, ben: User) -> Ready:
    found = meeting(ada, ben, starts_in=-timedelta(minutes=10))
    return Ready(f"/sessions/{found.public_id}/join", ben)


def place(ada: User, ben: User) -> Ready:
    found = meeting(ada, ben, starts_in=2 * DAY)
    form = {"place_kind": "in_person", "place_body": "The library at the harbour"}
    return Ready(f"/sessions/{found.public_id}/place", ben, form)


def outcome(ada: User, ben: User) -> Ready:
    found = meeting(ada, ben, starts_in=-DAY)
    return Ready(f"/sessions/{found.public_id}/outcome", ben, {"answer": "happened"})


def missed(ada: User, ben: User) -> LearningSession:
    """Ben is noted as absent from a session, five days ago."""
    now = utcnow()
    start = people.next_quarter(now - 5 * DAY)
    found = people.make_session(ada, exchange(ada, ben), start=start, now=start - DAY)
    with transaction():
        learning_sessions.give_outcome(
            ada, found.public_id, answer=OutcomeAnswer.THEY_DID_NOT_COME, now=start + DAY
        )
    with transaction():
        learning_sessions.settle_due(now, 9)
    return found


def forgive(ada: User, ben: User) -> Ready:
    return Ready(f"/sessions/{missed(ada, ben).public_id}/forgive", ada)


def contest(ada: User, ben: User) -> Ready:
    return Ready(f"/sessions/{missed(ada, ben).public_id}/contest", ben, {"body": "I was there."})


def kept_session(ada: User, ben: User) -> LearningSession:
    kept(ada, ben)
    return db.session.scalars(select(LearningSession)).one()


def rating(ada: User, ben: User) -> Ready:
    form = {"stars": "5", "body": "Patient and clear."}
    return Ready(f"/sessions/{kept_session(ada, ben).public_id}/rate", ben, form)


def skip_rating(ada: User, ben: User) -> Ready:
    return Ready(f"/sessions/{kept_session(ada, ben).public_id}/skip-rating", ben)


def published(ada: User, ben: User) -> str:
    """The address of what ben said of ada; both have rated."""
    key = kept_session(ada, ben).public_id
    for person in (ada, ben):
        with transaction():
            made = ratings.rate_session(person, key, stars=4, now=utcnow())
    return f"/ratings/{made.public_id}"


def reply_to_rating(ada: User, ben: User) -> Ready:
    return Ready(f"{published(ada, ben)}/reply", ada, {"body": "Thank you, come again."})


def retract(ada: User, ben: User) -> Ready:
    return Ready(f"{published(ada, ben)}/retract", ben)


def decide(ada: User, ben: User) -> Ready:
    found = missed(ada, ben)
    with transaction():
        key = contests.contest(ben, found.public_id, body="I was there.", now=utcnow()).public_id
    staff = people.make_person("dee", staff_role=StaffRole.MODERATOR)
    form = {"verdict": "upheld", "decision": "You were both there."}
    return Ready(f"/moderation/contests/{key}", staff, form)


def read_all(ada: User, ben: User) -> Ready:
    pitch(ada, ben)
    return Ready("/notifications/read", ada)


def profile(ada: User, _ben: User) -> Ready:
    form = {
        "first_name": "Ada",
        "last_name": "Example",
        "username": "ada",
        "headline": "Loose landscapes",
        "bio": ada.bio,
        "roles": "teach",
        "timezone": "Europe/Lisbon",
        "languages": "en",
        "education": "",
        "theme": "dark",
    }
    return Ready("/settings/profile", ada, form)


def mine(tail: str, form: Form | None = None) -> Callable[[User, User], Ready]:
    """Ada changes something of her own."""
    return lambda ada, _ben: Ready(f"/settings/{tail}", ada, form or {})


def other_day(ada: User, _ben: User) -> Ready:
    day = (utcnow() + 9 * DAY).date()
    with transaction():
        availability.add_exception(ada, kind=ExceptionKind.BUSY, first_on=day, now=utcnow())
    (one,) = availability.hours_of(ada, utcnow()).different
    return Ready("/settings/availability/remove-exception", ada, {"number": str(one.id)})


def add_skill(ada: User, _ben: User) -> Ready:
    people.make_skill("Bookbinding")
    form = {"skill": "Bookbinding", "level": "2", "note": "Coptic stitch"}
    return Ready("/settings/skills/offered/add", ada, form)


def link(kind: str) -> str:
    """Where the newest mail of that kind leads."""
    query = select(Delivery).where(Delivery.kind == kind).order_by(Delivery.id.desc())
    return db.session.scalars(query).first().payload["path"]


def confirm_email(ada: User, _ben: User) -> Ready:
    with transaction():
        ada.email_confirmed_at = None
        email_links.send_confirmation(ada, utcnow())
    return Ready(link("account.confirm"), None)


def undo_email(ada: User, _ben: User) -> Ready:
    with transaction():
        email_links.change_email(ada, "ada@elsewhere.example", utcnow())
    return Ready(link("account.undo_change"), None)


def reset_password(ada: User, _ben: User) -> Ready:
    with transaction():
        email_links.send_reset(ada.email, utcnow())
    return Ready(link("account.reset"), None, {"password": "a river in the rain"})


def end_sign_in(ada: User, _ben: User) -> Ready:
    key = token_hash(people.sign_in(ada))[:16]
    return Ready(f"/settings/security/sign-ins/{key}/end", ada, {"password": people.PASSWORD})


def towards_ben(verb: str) -> Callable[[User, User], Ready]:
    """Ada keeps ben away, or lets him near again."""
    return lambda ada, ben: Ready(f"/people/{ben.username}/{verb}", ada)


def a_skill(verb: str) -> Callable[[User, User], Ready]:
    """Ada follows a skill, or no more."""
    return lambda ada, _ben: Ready(f"/explore/skills/watercolour/{verb}", ada)


def chat(ada: User, ben: User, tail: str, form: Form) -> Ready:
    """Something to do in the thread of two partners, where ben has written."""
    exchange(ada, ben)
    with transaction():
        _message, public_id = conversations.send_to(
            ben, "ada", body="Hello", client_key="", now=utcnow()
        )
    return Ready(f"/chat/{public_id}/{tail}", ada, form)


def send_message(ada: User, ben: User) -> Ready:
    return chat(ada, ben, "messages", {"body": "Hello", "client_key": "key"})


def read_thread(ada: User, ben: User) -> Ready:
    return chat(ada, ben, "read", {"seq": "3"})


def let_in(ada: User, ben: User) -> Ready:
    return chat(ada, ben, "let-in", {})


def put_aside(ada: User, ben: User) -> Ready:
    """Of a stranger's request, which it is the first time only in the list."""
    with transaction():
        _message, public_id = conversations.send_to(
            ben, "ada", body="Hello", client_key="", now=utcnow()
        )
    return Ready(f"/chat/{public_id}/put-aside", ada)


def begin_chat(_ada: User, ben: User) -> Ready:
    return Ready("/chat/with/ada", ben, {"body": "Hello", "client_key": "key"})


def own_message(tail: str, form: Form) -> Callable[[User, User], Ready]:
    def ready(ada: User, ben: User) -> Ready:
        exchange(ada, ben)
        with transaction():
            message, _public_id = conversations.send_to(
                ben, "ada", body="Hello", client_key="", now=utcnow()
            )
        return Ready(f"/messages/{message.public_id}/{tail}", ben, form)

    return ready


def second_step(tail: str, form: Form, *, on: bool = True) -> Callable[[User, User], Ready]:
    """Ada's second step is on, or being set up."""

    def ready(ada: User, _ben: User) -> Ready:
        now, box = utcnow(), Sealer("only-for-tests-and-long-enough-to-be-one", purpose=STEP)
        with transaction():
            second_steps.begin(ada, box, now - timedelta(minutes=5))
        code = pyotp.TOTP(second_steps.secret_of(ada, box))
        if on:
            people.sign_in(ada)
            newest = select(SignIn).where(SignIn.user_id == ada.id).order_by(SignIn.id.desc())
            here, past = db.session.scalars(newest).first(), now - timedelta(minutes=5)
            with transaction():
                second_steps.confirm(ada, here, code.at(past), box, past)
        words = {key: code.now() if value == "code" else value for key, value in form.items()}
        return Ready(f"/settings/security/second-step/{tail}", ada, words)

    return ready


def report(ada: User, ben: User) -> Ready:
    form = {"about": "pitch", "key": pitch(ada, ben).public_id, "category": "spam", "body": "Why"}
    return Ready("/report", ada, form)


def make_wish(_ada: User, ben: User) -> Ready:
    people.make_skill("Watercolour")
    form = {"skill": "Watercolour", "level": "1", "body": wishing.BODY}
    return Ready("/wishes/new", ben, form)


def own_wish(verb: str) -> Callable[[User, User], Ready]:
    """Ben does something with his wish."""
    return lambda _ada, ben: Ready(f"/wishes/{wishing.make_wish(ben).public_id}/{verb}", ben)


def offer_to_teach(ada: User, ben: User) -> Ready:
    form = {"body": wishing.OFFER, "in_return": "spanish"}
    return Ready(f"/wishes/{wishing.make_wish(ben).public_id}/offer", ada, form)


def offered(verb: str, *, by_ben: bool = True) -> Callable[[User, User], Ready]:
    """Ada has offered to teach ben."""

    def ready(ada: User, ben: User) -> Ready:
        made = wishing.make_offer(ada, wishing.make_wish(ben), in_return="spanish")
        form = {"body": "Thank you."} if by_ben else {}
        return Ready(f"/wishes/offers/{made.public_id}/{verb}", ben if by_ben else ada, form)

    return ready


def unsubscribe(ada: User, _ben: User) -> Ready:
    token = mailing.unsubscribe_token(ada.id, Topic.PITCHES, Channel.EMAIL)
    return Ready(f"/unsubscribe/{token}", None, {"on": "0"})


def waits(ada: User, ben: User) -> str:
    """The key of a case about ben; ada is staff."""
    people.make_staff(ada)
    with transaction():
        found = cases.open_case(CaseKind.REPORT, "users", ben.id, person=ben, now=utcnow())
    return found.public_id


def claim(ada: User, ben: User) -> Ready:
    return Ready(f"/moderation/cases/{waits(ada, ben)}/claim", ada)


def hand_back(ada: User, ben: User) -> Ready:
    key = waits(ada, ben)
    with transaction():
        cases.claim(ada, key, utcnow())
    return Ready(f"/moderation/cases/{key}/hand-back", ada)


def catalogued(tail: str, form: Form) -> Callable[[User, User], Ready]:
    """Ada is staff, and the catalogue holds watercolour."""

    def ready(ada: User, _ben: User) -> Ready:
        people.make_staff(ada)
        return Ready(f"/moderation/skills/watercolour{tail}", ada, form)

    return ready


def proposal(verb: str, form: Form) -> Callable[[User, User], Ready]:
    """Ben has proposed a skill; ada is staff and has taken the case."""

    def ready(ada: User, ben: User) -> Ready:
        people.make_staff(ada)
        with transaction():
            kind, now = UserSkillKind.OFFERED, utcnow()
            skills.propose_skill(ben, kind, "Yodeling", level=1, note="", now=now)
            key = db.session.scalar(select(Waiting.public_id).where(Waiting.closed_at.is_(None)))
            cases.claim(ada, key, now)
        return Ready(f"/moderation/cases/{key}/{verb}", ada, form)

    return ready


LATER = f"{utcnow() + DAY:%Y-%m-%dT%H:%M}"
ANNOUNCED = {"title": "A", "body": "B", "audience": "everybody", "ends": LATER, "version": "1"}


def announced(url: str, form: Form) -> Callable[[User, User], Ready]:
    """Ada is staff and has announced something."""

    def ready(ada: User, _ben: User) -> Ready:
        people.make_staff(ada)
        now = utcnow()
        facts = {"audience": Audience.EVERYBODY, "is_public": False, "starts_at": None}
        with transaction():
            said = {"title": "A", "body": "B", "ends_at": now + DAY, "now": now}
            made = announcements.publish(ada, **facts, **said)
        return Ready(url.format(made.public_id), ada, form)

    return ready


def taken(ada: User, ben: User) -> str:
    """Eve has reported ben; ada is staff and has taken the case."""
    eve, now = people.make_person("eve"), utcnow()
    people.make_staff(ada)
    with transaction():
        subject = reports.subject_of(eve, reports.SubjectKind.PERSON, ben.username, now)
        category = ReportCategory.SPAM
        facts = {"category": category, "body": "", "also_block": False}
        made = reports.make_report(eve, subject, **facts, now=now)
        key = db.session.get_one(Waiting, made.case_id).public_id
        cases.claim(ada, key, now)
    return key


def reported(ada: User, ben: User, verb: str, form: Form) -> Ready:
    return Ready(f"/moderation/cases/{taken(ada, ben)}/{verb}", ada, form)


def uphold(ada: User, ben: User) -> Ready:
    form = {"outcome": "limited", "rule": "4", "days": "14", "words": "Nobody pays here."}
    return reported(ada, ben, "uphold", form)


def struck(ada: User, ben: User, *, outcome: Outcome = Outcome.WARNING) -> Strike:
    """Ben has a strike by ada."""
    case = taken(ada, ben)
    days = 14 if outcome is Outcome.SUSPENDED else None
    with transaction():
        return strikes.uphold(
            ada, case, outcome=outcome, rule=4, days=days, words="Because.", now=utcnow()
        )


def appeal(ada: User, ben: User) -> Ready:
    key = struck(ada, ben).public_id
    return Ready(f"/strikes/{key}/appeal", ben, {"body": "It was a gift."})


def appeal_by_link(ada: User, ben: User) -> Ready:
    struck(ada, ben, outcome=Outcome.SUSPENDED)
    kind = Delivery.kind == "account.strike_made"
    path = db.session.scalars(select(Delivery).where(kind)).one().payload["path"]
    return Ready(f"{path}/appeal", None, {"body": "It was a gift."})


def answer_appeal(ada: User, ben: User) -> Ready:
    """Another member of staff has taken it."""
    key = struck(ada, ben).public_id
    with transaction():
        strikes.appeal(ben, key, body="It was a gift.", now=utcnow())
    lia = people.make_person("lia", staff_role=StaffRole.MODERATOR)
    case = cases.next_for(lia, utcnow())
    with transaction():
        cases.claim(lia, case, utcnow())
    form = {"verdict": "overturned", "words": "You are right."}
    return Ready(f"/moderation/cases/{case}/answer", lia, form)


def held_pitch(ada: User, ben: User) -> Ready:
    """Ben's waits for staff."""
    key = holding.hold(ben, holding.teacher("lea"), utcnow()).public_id
    return Ready(f"/pitches/held/{key}/withdraw", ben)


def held_case(verb: str, form: Form | None = None) -> Callable[[User, User], Ready]:
    """Ada is staff and has taken it."""

    def ready(ada: User, ben: User) -> Ready:
        people.make_staff(ada)
        now = utcnow()
        key = holding.take(ada, holding.hold(ben, holding.teacher("lea"), now), now)
        return Ready(f"/moderation/cases/{key}/{verb}", ada, form or {})

    return ready


def about_dot(verb: str, form: Form, role: StaffRole = StaffRole.MODERATOR) -> Any:
    """Ada is staff, and does that to somebody whose address is not confirmed."""

    def ready(ada: User, _ben: User) -> Ready:
        people.make_person("dot", email_confirmed_at=None)
        people.make_staff(ada, role)
        return Ready(f"/moderation/people/dot/{verb}", ada, form)

    return ready


def flag(verb: str) -> Callable[[User, User], Ready]:
    """Most of ben's points come from somebody else; ada is staff and has taken the case."""

    def make(ada: User, ben: User) -> Ready:
        now, dot = utcnow(), people.make_person("dot")
        people.make_staff(ada)
        with transaction():
            until = now + timedelta(days=30)
            numbers = {"points": 120, "share": 90, "found_at": now, "until": until}
            one = PointsFlag(user_id=ben.id, partner_id=dot.id, **numbers)
            db.session.add(one)
            db.session.flush()
            about = (CaseKind.FLAG, "points_flags", one.id)
            opened = cases.open_case(*about, person=ben, other=dot, now=now)
            cases.claim(ada, opened.public_id, now)
        url = f"/moderation/cases/{opened.public_id}/{verb}"
        return Ready(url, ada, {"words": "They are brothers."})

    return make


def documents() -> dict[str, Any]:
    """A small file to be checked."""
    return {"files": picture()["picture"]}


def ask_for_check(ada: User, _ben: User) -> Ready:
    return Ready("/verification", ada, {"what": "identity"})


def withdraw_claim(ada: User, _ben: User) -> Ready:
    return Ready(f"/verification/{verifying.ask(ada).public_id}/withdraw", ada)


def claim_in_review(verb: str, form: dict[str, Any]) -> Callable[[User, User], Ready]:
    """Ada has taken the claim of ben."""

    def ready(ada: User, ben: User) -> Ready:
        people.make_staff(ada)
        return Ready(
            f"/moderation/cases/{verifying.take(ada, verifying.ask(ben))}/{verb}", ada, form
        )

    return ready


def more_asked(ada: User, _ben: User) -> Ready:
    """Of ada, by a member of staff."""
    claim = verifying.ask(ada)
    key = verifying.take(staff := people.mo(), claim)
    with transaction():
        claims.ask_more(staff, key, words="The back side.", now=utcnow())
    return Ready(f"/verification/{claim.public_id}/add", ada)


def take_badge_back(ada: User, _ben: User) -> Ready:
    claim = verifying.approve(people.mo(), verifying.ask(ada))
    root = people.make_person("root", staff_role=StaffRole.ADMIN)
    return Ready(f"/moderation/claims/{claim.public_id}/revoke", root, {"words": "Forged."})


def retry(ada: User, _ben: User) -> Ready:
    now = utcnow()
    row = deliveries.row_of("mail:1", ada.id, Channel.EMAIL, "account.password", now, now)
    people.make_staff(ada)
    with transaction():
        deliveries.add_new([row | {"done_at": now, "result": DeliveryResult.FAILED}])
    return Ready(f"/moderation/deliveries/{row['public_id']}/retry", ada)


def picture() -> dict[str, Any]:
    """A small file as a browser sends it."""
    file = BytesIO()
    Image.new("RGB", (80, 60), "teal").save(file, "PNG")
    file.seek(0)
    return {"picture": (file, "me.png")}


def write_about(ada: User, ben: User) -> Ready:
    """Ada about what she has completed with ben."""
    return Ready(f"/exchanges/{written.completed(ada, ben, utcnow()).public_id}/write", ada)


def named(verb: str, *, agreed: bool = False) -> Callable[[User, User], Ready]:
    """Ben about his name on what ada wrote."""

    def ready(ada: User, ben: User) -> Ready:
        now = utcnow()
        post = written.asked(ada, ben, now)
        if agreed:
            written.agree(ben, post, now)
        seen = achievements.naming_of(ben, post.public_id, now).seen
        return Ready(f"/posts/{post.public_id}/naming/{verb}", ben, {"seen": seen})

    return ready


def below(tail: str, form: Form | None = None) -> Callable[[User, User], Ready]:
    """Ben does something about a post of ada's."""
    return lambda ada, ben: Ready(
        f"/posts/{people.make_post(ada).public_id}/{tail}", ben, form or {}
    )


def about_comment(verb: str, form: Form | None = None) -> Callable[[User, User], Ready]:
    """Ben about a comment: of ada's to like it, of his own otherwise."""

    def ready(ada: User, ben: User) -> Ready:
        author = ada if "like" in verb else ben
        with transaction():
            made = comments.make_comment(
                author, people.make_post(ada).public_id, body="Lovely.", now=utcnow()
            )
        return Ready(f"/comments/{made.public_id}/{verb}", ben, form or {})

    return ready


POST = {"kind": "tutorial", "title": "Wet in wet", "body": WORDS, "skill": "piano"}


def new_post(ada: User, _ben: User) -> Ready:
    return Ready("/posts/new", ada, POST | {"client_key": "key"})


def my_post(verb: str, form: Form) -> Callable[[User, User], Ready]:
    """Ada does something about a post of hers."""
    return lambda ada, ben: Ready(f"/posts/{people.make_post(ada).public_id}/{verb}", ada, form)


EVERY: dict[str, Case] = {
    "posts.new": Case(new_post, wrong={"title": " "}, kept=WORDS, somebodys=False, again=HARMLESS),
    "posts.edit": Case(
        my_post("edit", POST | {"version": "1"}), wrong={"title": " "}, kept=WORDS, again=HARMLESS
    ),
    "posts.delete": Case(my_post("delete", {}), again=HARMLESS),
    "accounts.log_in": Case(
        log_in,
        wrong={"password": "not this one"},
        kept="ada@example.org",
        private=False,
        somebodys=False,
        again=HARMLESS,
    ),
    "accounts.sign_up": Case(
        sign_up,
        wrong={"birth_year": "soon", "last_name": "O’Kept"},
        kept="O’Kept",
        private=False,
        somebodys=False,
        again=HARMLESS,  # the second finds them signed in
    ),
    "accounts.log_out": Case(
        lambda ada, _ben: Ready("/logout", ada), private=False, somebodys=False, again=HARMLESS
    ),
    "email_links.send": Case(
        lambda ada, _ben: Ready("/email/confirm/send", ada), somebodys=False, again=HARMLESS
    ),
    "email_links.confirm": Case(
        confirm_email, private=False, somebodys=False, again=frozenset({410})
    ),
    "email_links.undo": Case(undo_email, private=False, somebodys=False, again=frozenset({410})),
    "email_links.forgot": Case(
        lambda ada, _ben: Ready("/password/forgot", None, {"email": ada.email}),
        wrong={"email": "ada@kept"},
        kept="ada@kept",
        private=False,
        somebodys=False,
        again=HARMLESS,
    ),
    "email_links.reset": Case(
        reset_password,
        wrong={"password": "short"},
        private=False,
        somebodys=False,
        again=frozenset({410}),
    ),
    "accounts.code": Case(  # without the first step it leads to that
        lambda _ada, _ben: Ready("/login/code", None, {"code": "123456"}),
        private=False,
        somebodys=False,
        again=HARMLESS,
    ),
    "moderation.note": Case(
        about_dot("notes", {"body": WORDS}), wrong={"body": " "}, again=HARMLESS, private=False
    ),
    "moderation.standing": Case(
        about_dot("standing", {"act": "limit", "days": "7", "reason": WORDS}),
        wrong={"days": "400"},
        kept=WORDS,
        private=False,
    ),
    "moderation.sign_out": Case(about_dot("sign-out", {}), again=HARMLESS, private=False),
    "moderation.confirm_again": Case(about_dot("confirm", {}), again=HARMLESS, private=False),
    "moderation.give_role": Case(
        about_dot("role", {"role": "moderator"}, StaffRole.ADMIN),
        wrong={"role": "chief"},
        private=False,
    ),
    "accounts.again": Case(
        lambda ada, _ben: Ready("/login/again", ada, {"password": people.PASSWORD}),
        wrong={"password": "not this one"},
        somebodys=False,
        again=HARMLESS,
    ),
    "second_steps.begin": Case(
        mine("security/second-step/begin", {"password": people.PASSWORD}),
        wrong={"password": "not this one"},
        somebodys=False,
        again=HARMLESS,
    ),
    "second_steps.confirm": Case(
        second_step("confirm", {"code": "code"}, on=False),
        wrong={"code": "12345x"},
        kept="12345x",
    ),
    "second_steps.renew": Case(
        second_step("codes", {"codes_password": people.PASSWORD}),
        wrong={"codes_password": "not this one"},
        again=HARMLESS,
        somebodys=False,
    ),
    "second_steps.switch_off": Case(
        second_step("off", {"off_password": people.PASSWORD, "last_code": "code"}),
        wrong={"last_code": "12345x"},
        kept="12345x",
        somebodys=False,
    ),
    "settings.end_others": Case(
        mine("security/sign-ins/end", {"password": people.PASSWORD}),
        wrong={"password": "not this one"},
        somebodys=False,
        again=HARMLESS,
    ),
    "settings.end_sign_in": Case(end_sign_in, wrong={"password": "not this one"}, again=HARMLESS),
    "settings.change_password": Case(
        mine(
            "security/password",
            {"current_password": people.PASSWORD, "new_password": "a river in the rain"},
        ),
        wrong={"new_password": "short"},
        somebodys=False,
        again=frozenset({422}),  # the present password is another one now
    ),
    "settings.change_email": Case(
        mine(
            "security/email",
            {"email": "ada@elsewhere.example", "email_password": people.PASSWORD},
        ),
        wrong={"email": "ada@kept"},
        kept="ada@kept",
        somebodys=False,
        again=frozenset({303, 429}),
    ),
    "pitches.send": Case(
        send_pitch,
        wrong={"skill": "nobody-teaches-this", "body": WORDS},
        kept=WORDS,
        somebodys=False,
        again=frozenset({409, 422}),  # "you have an open pitch already", beside the field
    ),
    "pitches.withdraw_held": Case(held_pitch),
    "wishes.new": Case(
        make_wish,
        {"body": WORDS + " www.example.org"},
        WORDS,
        somebodys=False,
        again=frozenset({422}),
    ),
    "wishes.offer_to_teach": Case(
        offer_to_teach,
        {"in_return": "piano", "body": WORDS},
        WORDS,
        somebodys=False,
        again=frozenset({422}),
    ),
    "wishes.close": Case(own_wish("close")),
    "wishes.renew": Case(own_wish("renew"), again=HARMLESS),
    "wishes.accept": Case(offered("accept"), {"body": 1_100 * "x"}, 1_100 * "x"),
    "wishes.decline": Case(offered("decline"), {"body": 1_100 * "x"}, 1_100 * "x"),
    "wishes.withdraw": Case(offered("withdraw", by_ben=False)),
    "pitches.accept": Case(
        answer("accept", {"body": "With pleasure."}),
        wrong={"body": WORDS + "x" * 1_001},
        kept=WORDS,
    ),
    "pitches.decline": Case(
        answer("decline", {"reason": "no_time", "body": "Not before spring."}),
        wrong={"reason": "because", "body": WORDS},
        kept=WORDS,
    ),
    "pitches.ask": Case(
        answer("ask", {"body": "Which pieces?"}), wrong={"body": WORDS + "x" * 1_001}, kept=WORDS
    ),
    "pitches.reply": Case(asked, wrong={"body": WORDS + "x" * 1_001}, kept=WORDS),
    "pitches.undo": Case(declined("undo")),
    "pitches.last_word": Case(
        declined("last-word", long_ago=timedelta(hours=1)),
        wrong={"body": WORDS + "x" * 1_001},
        kept=WORDS,
    ),
    "pitches.withdraw_siblings": Case(withdraw_siblings, again=HARMLESS),
    "pitches.pause": Case(
        mine("pause", {"until": ""}),
        wrong={"until": "2001-01-01"},
        kept="2001-01-01",
        somebodys=False,
        again=HARMLESS,
    ),
    "pitches.resume": Case(resume, somebodys=False),
    "pitches.ignore": Case(answer("ignore"), again=frozenset({303, 409})),
    "pitches.withdraw": Case(withdraw_pitch),
    "rings.start": Case(
        start_ring,
        wrong={"body": WORDS * 12},
        kept=WORDS,
        somebodys=False,
        again=frozenset({422}),
    ),
    "rings.accept": Case(
        ring_answer("accept"), wrong={"body": "Too short & <b>"}, kept="Too short &"
    ),
    "rings.decline": Case(ring_answer("decline")),
    "rings.withdraw": Case(ring_answer("withdraw", yes=True)),
    "exchanges.cancel": Case(cancel_exchange, wrong={"reason": WORDS + "x" * 301}, kept=WORDS),
    "exchanges.complete": Case(complete_exchange),
    "exchanges.wake": Case(wake_exchange),
    "exchanges.notes": Case(
        write_notes, wrong={"body": WORDS + "x" * 10_000}, kept=WORDS, again=HARMLESS
    ),
    "achievements.write": Case(write_about, again=HARMLESS),
    "achievements.agree": Case(named("agree")),
    "achievements.refuse": Case(named("refuse")),
    "achievements.withdraw": Case(named("withdraw", agreed=True)),
    "exchanges.propose": Case(
        propose,
        wrong={"time_1": "18:31", "body": WORDS},
        kept=WORDS,
        again=frozenset({409, 422, 303}),
    ),
    "sessions.accept": Case(pick, wrong={"start": "whenever"}),
    "sessions.decline": Case(decline_times),
    "sessions.withdraw": Case(withdraw_times),
    "sessions.cancel": Case(cancel_session, wrong={"reason": WORDS + "x" * 301}, kept=WORDS),
    "sessions.move": Case(move_session, {"minutes": "50"}, "A train is late.", again=HARMLESS),
    "sessions.prepare": Case(
        prepare_session, wrong={"body": WORDS + "x" * 1_000}, kept=WORDS, again=HARMLESS
    ),
    "sessions.join": Case(join, again=HARMLESS),
    "sessions.place": Case(
        place,
        wrong={"place_kind": "link", "place_body": "https://zoom.us.evil.example/<b>j"},
        kept="https://zoom.us.evil.example/<b>j",
        again=HARMLESS,
    ),
    "sessions.outcome": Case(outcome, wrong={"answer": "perhaps"}),
    "ratings.rate": Case(rating, wrong={"body": WORDS * 30}, kept=WORDS, again=HARMLESS),
    "ratings.skip": Case(skip_rating, again=HARMLESS),
    "ratings.reply": Case(reply_to_rating, wrong={"body": WORDS * 30}, kept=WORDS),
    "ratings.retract": Case(retract),
    "sessions.forgive": Case(forgive),
    "sessions.contest": Case(contest, wrong={"body": WORDS * 30}, kept=WORDS),
    "moderation.decide": Case(
        decide, wrong={"verdict": "", "decision": WORDS}, kept=WORDS, private=False
    ),
    "settings.profile": Case(
        profile,
        wrong={"first_name": "", "headline": WORDS, "bio": WORDS},
        kept=WORDS,
        somebodys=False,
        again=HARMLESS,
    ),
    "availability.set_week": Case(
        mine("availability/set-week", {"hours_0": "18", "exact_2": "9:15-10:45"}),
        wrong={"exact_2": WORDS},
        kept=WORDS,
        somebodys=False,
        again=HARMLESS,
    ),
    "availability.add_exception": Case(
        lambda ada, _ben: Ready(
            "/settings/availability/add-exception",
            ada,
            {"kind": "busy", "first_on": (utcnow() + 9 * DAY).date().isoformat(), "body": "Exam"},
        ),
        wrong={"first_on": "", "body": WORDS},
        kept=WORDS,
        somebodys=False,
        again=HARMLESS,
    ),
    "availability.remove_exception": Case(other_day, somebodys=False, again=HARMLESS),
    "availability.set_limits": Case(
        mine(
            "availability/set-limits",
            {
                "notice_hours": "24",
                "buffer_minutes": "0",
                "daily_sessions": "2",
                "places": "4",
                "pitch_cap": "9",
            },
        ),
        wrong={"places": "99"},
        somebodys=False,
        again=HARMLESS,
    ),
    "settings.avatar": Case(
        mine("avatar"), wrong={"picture": "no file"}, somebodys=False, again=HARMLESS, files=picture
    ),
    "settings.presence": Case(mine("presence", {"shown": "y"}), somebodys=False, again=HARMLESS),
    "boards.show_me": Case(mine("boards", {"shown": "y"}), somebodys=False, again=HARMLESS),
    "streaks.pause": Case(
        lambda ada, _ben: Ready("/streak/pause", ada, {"weeks": "4"}),
        wrong={"weeks": "52"},
        somebodys=False,
        again=HARMLESS,
    ),
    "streaks.resume": Case(
        lambda ada, _ben: Ready("/streak/resume", ada), somebodys=False, again=HARMLESS
    ),
    "media.add": Case(
        lambda ada, _ben: Ready("/media", ada),
        somebodys=False,
        again=HARMLESS,
        files=lambda: {"pictures": picture()["picture"]},
    ),
    "settings.delete_avatar": Case(mine("avatar/delete"), somebodys=False, again=HARMLESS),
    "settings.add_skill": Case(
        add_skill,
        wrong={"skill": "Underwater basketry", "note": WORDS},
        kept=WORDS,
        somebodys=False,
        again=frozenset({422}),
    ),
    "settings.propose_skill": Case(
        mine("skills/wanted/propose", {"skill": "Underwater basketry", "level": "1", "note": ""}),
        wrong={"skill": "", "note": WORDS},
        kept=WORDS,
        somebodys=False,
        again=frozenset({422}),
    ),
    "settings.edit_skill": Case(
        mine("skills/offered/watercolour/edit", {"level": "3", "note": "Skies"}),
        wrong={"level": "9", "note": WORDS},
        kept=WORDS,
        again=HARMLESS,
    ),
    "settings.delete_skill": Case(
        mine("skills/offered/watercolour/delete"), somebodys=False, again=HARMLESS
    ),
    "unsubscribe.page": Case(
        unsubscribe, private=False, somebodys=False, again=HARMLESS, signed=True
    ),
    "moderation.claim": Case(claim, private=False, again=HARMLESS),
    "moderation.hand_back": Case(hand_back, private=False),
    "moderation.uphold": Case(
        uphold, wrong={"outcome": "", "words": WORDS}, kept=WORDS, private=False
    ),
    "moderation.dismiss": Case(
        lambda ada, ben: reported(ada, ben, "dismiss", {"words": "It is a joke."}),
        wrong={"words": WORDS * 30},
        kept=WORDS,
        private=False,
    ),
    "moderation.answer": Case(
        answer_appeal, wrong={"verdict": "", "words": WORDS}, kept=WORDS, private=False
    ),
    "strikes.appeal": Case(appeal, wrong={"body": WORDS * 50}, kept=WORDS),
    "strikes.appeal_by_link": Case(
        appeal_by_link, wrong={"body": WORDS * 50}, kept=WORDS, private=False, somebodys=False
    ),
    "moderation.release": Case(held_case("release"), private=False),
    "moderation.keep_back": Case(
        held_case("keep-back", {"body": "Say what you play."}),
        wrong={"body": WORDS * 30},
        kept=WORDS,
        private=False,
    ),
    "moderation.edit_skill": Case(
        catalogued("", {"name": "Water colours", "category": "Other"}),
        wrong={"name": WORDS * 2, "category": "Other"},
        kept=WORDS,
        private=False,
        again=HARMLESS,
    ),
    "moderation.add_word": Case(
        catalogued("/words", {"alias": "Aquarell"}),
        wrong={"alias": WORDS * 2},
        kept=WORDS,
        private=False,
        again=HARMLESS,
    ),
    "moderation.remove_word": Case(
        catalogued("/words/remove", {"alias": "aquarell"}), private=False, again=HARMLESS
    ),
    "moderation.merge_skill": Case(
        catalogued("/merge", {"into": "piano"}),
        wrong={"into": WORDS},
        kept=WORDS,
        private=False,
        again=frozenset({404}),
    ),
    "moderation.accept_skill": Case(
        proposal("accept-skill", {"name": "Yodelling", "category": "Other"}),
        wrong={"name": WORDS * 2},
        kept=WORDS,
        private=False,
    ),
    "moderation.merge_proposed": Case(
        proposal("merge-skill", {"into": "piano"}), wrong={"into": WORDS}, kept=WORDS, private=False
    ),
    "moderation.refuse_skill": Case(
        proposal("refuse-skill", {"words": "Too wide."}),
        wrong={"words": WORDS * 10},
        kept=WORDS,
        private=False,
    ),
    "moderation.clear_flag": Case(flag("clear-flag"), wrong={"words": ""}, private=False),
    "moderation.keep_flag": Case(flag("keep-flag"), wrong={"words": ""}, private=False),
    "verification.ask": Case(
        ask_for_check,
        wrong={"what": "shoe size"},
        somebodys=False,
        again=frozenset({422}),
        files=documents,
    ),
    "verification.add": Case(more_asked, wrong={"files": "none"}, files=documents),
    "verification.withdraw": Case(withdraw_claim),
    "moderation.approve_claim": Case(
        claim_in_review(
            "approve-claim", {"checked": ["name", "person", "edited"], "badge": "Identity"}
        ),
        wrong={"checked": [], "note": WORDS},  # type: ignore[dict-item]  # some ticks
        kept=WORDS,
        private=False,
    ),
    "moderation.ask_more": Case(
        claim_in_review("ask-more", {"note": "The back side."}),
        wrong={"note": WORDS + "x" * 500},
        kept=WORDS,
        private=False,
    ),
    "moderation.refuse_claim": Case(
        claim_in_review("refuse-claim", {"note": "No name on it."}),
        wrong={"note": WORDS + "x" * 500},
        kept=WORDS,
        private=False,
    ),
    "moderation.revoke_claim": Case(take_badge_back, wrong={"words": " "}, private=False),
    "announcements.dismiss": Case(
        announced("/announcements/{}/dismiss", {}), somebodys=False, again=HARMLESS
    ),
    "moderation.announce": Case(
        announced("/moderation/announcements/new", ANNOUNCED),
        wrong={"title": "", "body": WORDS},
        kept=WORDS,
        private=False,
        again=HARMLESS,
    ),
    "moderation.edit_announcement": Case(
        announced("/moderation/announcements/{}", ANNOUNCED),
        wrong={"title": "", "body": WORDS},
        kept=WORDS,
        private=False,
    ),
    "moderation.withdraw_announcement": Case(
        announced("/moderation/announcements/{}/withdraw", {}), private=False
    ),
    "moderation.retry": Case(retry, private=False),  # not even a door for visitors
    "preferences.page": Case(
        mine("notifications", {"switches": "sessions.digest"}),
        wrong={"switches": "security.push"},
        somebodys=False,
        again=HARMLESS,
    ),
    "calendars.new": Case(
        lambda ada, _ben: Ready("/calendar/new", ada), somebodys=False, again=HARMLESS
    ),
    "calendars.stop": Case(
        lambda ada, _ben: Ready("/calendar/stop", ada), somebodys=False, again=HARMLESS
    ),
    "push.subscribe": Case(
        lambda ada, _ben: Ready("/push/subscribe", ada, BROWSER.form),
        wrong={"endpoint": "https://127.0.0.1/"},
        somebodys=False,
        again=HARMLESS,
    ),
    "push.unsubscribe": Case(
        lambda ada, _ben: Ready("/push/unsubscribe", ada), somebodys=False, again=HARMLESS
    ),
    "notifications.read": Case(read_all, somebodys=False, again=HARMLESS),
    "chat.send": Case(
        send_message, wrong={"body": WORDS + "x" * 5_000}, kept=WORDS, again=HARMLESS
    ),
    "chat.begin": Case(
        begin_chat,
        wrong={"body": WORDS + "x" * 5_000},
        kept=WORDS,
        somebodys=False,
        again=HARMLESS,
    ),
    "chat.read": Case(read_thread, again=HARMLESS),
    "chat.let_in": Case(let_in, again=HARMLESS),
    "chat.put_aside": Case(put_aside, again=HARMLESS),
    "chat.edit": Case(
        own_message("edit", {"body": "Other words"}),
        wrong={"body": WORDS + "x" * 5_000},
        kept=WORDS,
        again=HARMLESS,
    ),
    "chat.delete": Case(own_message("delete", {}), again=HARMLESS),
    "posts.like": Case(below("like"), somebodys=False, again=HARMLESS),
    "posts.unlike": Case(below("unlike"), somebodys=False, again=HARMLESS),
    "posts.bookmark": Case(below("bookmark"), somebodys=False, again=HARMLESS),
    "posts.unbookmark": Case(below("unbookmark"), somebodys=False, again=HARMLESS),
    "comments.make": Case(
        below("comments", {"body": "Lovely.", "client_key": "key"}),
        wrong={"body": WORDS + "x" * 2_000},
        kept=WORDS,
        somebodys=False,
        again=HARMLESS,
    ),
    "comments.like": Case(about_comment("like"), somebodys=False, again=HARMLESS),
    "comments.unlike": Case(about_comment("unlike"), somebodys=False, again=HARMLESS),
    "comments.edit": Case(
        about_comment("edit", {"body": "Other words"}),
        wrong={"body": WORDS + "x" * 2_000},
        kept=WORDS,
        again=HARMLESS,
    ),
    "comments.delete": Case(about_comment("delete"), again=HARMLESS),
    "follows.follow": Case(towards_ben("follow"), somebodys=False, again=HARMLESS),
    "follows.unfollow": Case(towards_ben("unfollow"), somebodys=False, again=HARMLESS),
    "saved_teachers.save": Case(towards_ben("save"), somebodys=False, again=HARMLESS),
    "saved_teachers.unsave": Case(towards_ben("unsave"), somebodys=False, again=HARMLESS),
    "saved_teachers.watch": Case(towards_ben("watch"), somebodys=False, again=HARMLESS),
    "saved_teachers.unwatch": Case(towards_ben("unwatch"), somebodys=False, again=HARMLESS),
    "dismissals.dismiss": Case(towards_ben("dismiss"), somebodys=False, again=HARMLESS),
    "dismissals.bring_back": Case(towards_ben("bring-back"), somebodys=False, again=HARMLESS),
    "skill_pages.follow": Case(a_skill("follow"), somebodys=False, again=HARMLESS),
    "skill_pages.unfollow": Case(a_skill("unfollow"), somebodys=False, again=HARMLESS),
    "safety.block": Case(towards_ben("block"), somebodys=False, again=HARMLESS),
    "safety.unblock": Case(towards_ben("unblock"), somebodys=False, again=HARMLESS),
    "safety.mute": Case(towards_ben("mute"), somebodys=False, again=HARMLESS),
    "safety.unmute": Case(towards_ben("unmute"), somebodys=False, again=HARMLESS),
    "safety.report": Case(report, wrong={"category": "dislike", "body": WORDS}, kept=WORDS),
}
ALL = pytest.mark.parametrize("endpoint", EVERY)
TYPED = pytest.mark.parametrize("endpoint", [e for e, case in EVERY.items() if case.wrong])
SOMEBODYS = pytest.mark.parametrize("endpoint", [e for e, case in EVERY.items() if case.somebodys])
BEFORE_ANY_ROW = pytest.mark.only_on("sqlite")  # refused before a database is asked
PRIVATE = pytest.mark.parametrize("endpoint", [e for e, case in EVERY.items() if case.private])


def test_the_table_holds_every_post_route(app: Flask):
    posts = {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())}
    assert posts - {"static"} == set(EVERY)


def send(client, ready: Ready, case: Case, form: Form | None = None, **headers: str) -> Any:
    data = dict(ready.form if form is None else form)
    if form is None:
        data |= case.files()
    return client.post(ready.url, data=data, headers=headers)


@ALL
def test_a_plain_form_is_answered_with_a_redirect(browser, ada, ben, endpoint):
    case = EVERY[endpoint]
    ready = case.ready(ada, ben)
    client = browser(ready.person)
    answer = send(client, ready, case)
    assert answer.status_code == 303, answer.text
    if case.private:
        assert not answer.location.startswith("/login")
    shown = client.get(answer.location, follow_redirects=True)
    assert shown.status_code == 200
    assert "<h1" in shown.text


@ALL
def test_htmx_is_answered_with_a_fragment_or_sent_on(browser, ada, ben, endpoint):
    case = EVERY[endpoint]
    ready = case.ready(ada, ben)
    answer = send(browser(ready.person), ready, case, **HTMX)
    if answer.status_code == 204:
        onward = answer.headers.get("HX-Location") or answer.headers.get("HX-Redirect")
        assert onward
        assert onward.startswith("/")
    elif answer.status_code == 303:  # a form that htmx never sends
        assert endpoint == "sessions.join"
    else:
        assert answer.status_code == 200, answer.text
        assert "<html" not in answer.text.lower()
        assert answer.headers["Cache-Control"] == "no-store"


@TYPED
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_what_is_wrong_comes_back_with_what_was_typed(browser, ada, ben, endpoint, headers):
    case = EVERY[endpoint]
    ready = case.ready(ada, ben)
    answer = send(browser(ready.person), ready, case, ready.form | (case.wrong or {}), **headers)
    assert answer.status_code == 422, answer.text
    assert 'class="error"' in answer.text or "alert--error" in answer.text
    if case.kept:
        assert 'aria-invalid="true"' in answer.text or "alert--error" in answer.text
        assert str(escape(case.kept, quote=False)) in unquoted(answer.text)
    if headers and case.private:
        assert "<html" not in answer.text.lower()


def unquoted(html: str) -> str:
    """With the quotes in their own shape: how they are written down is the renderer's choice."""
    return html.replace("&#34;", '"').replace("&#39;", "'").replace("&quot;", '"')


@SOMEBODYS
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_for_a_stranger_it_does_not_exist(browser, ada, ben, cy, endpoint, headers):
    case = EVERY[endpoint]
    ready = case.ready(ada, ben)
    assert send(browser(cy), ready, case, **headers).status_code == 404
    wrong = ready.form | (case.wrong or {})
    assert send(browser(cy), ready, case, wrong, **headers).status_code == 404


@PRIVATE
@BEFORE_ANY_ROW
def test_a_visitor_is_sent_to_the_door(browser, ada, ben, endpoint):
    case = EVERY[endpoint]
    ready = case.ready(ada, ben)
    plain = send(browser(), ready, case)
    assert plain.status_code == 303
    assert plain.location.startswith("/login")
    fragment = send(browser(), ready, case, **HTMX)
    assert fragment.status_code == 401
    assert fragment.headers["HX-Redirect"].startswith("/login")


@ALL
def test_the_second_time_changes_nothing(browser, ada, ben, endpoint):
    case = EVERY[endpoint]
    ready = case.ready(ada, ben)
    client = browser(ready.person)
    assert send(client, ready, case).status_code == 303
    again = send(client, ready, case)
    assert again.status_code in case.again, again.text
    as_fragment = send(client, ready, case, **HTMX)
    assert as_fragment.status_code in case.again | {200, 204}, as_fragment.text


@ALL
@BEFORE_ANY_ROW
def test_no_post_without_its_token(app, browser, ada, ben, endpoint):
    case = EVERY[endpoint]
    ready = case.ready(ada, ben)
    client = browser(ready.person)
    app.config.update(WTF_CSRF_ENABLED=True)
    try:
        assert send(client, ready, case).status_code == (303 if case.signed else 400)
    finally:
        app.config.update(WTF_CSRF_ENABLED=False)


@ALL
@BEFORE_ANY_ROW
def test_no_post_from_another_site(browser, ada, ben, endpoint):
    case = EVERY[endpoint]
    ready = case.ready(ada, ben)
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}
    assert send(browser(ready.person), ready, case, **foreign).status_code == 403
