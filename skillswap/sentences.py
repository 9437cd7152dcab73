"""What does a refusal say? Every sentence a rule may answer with, in one table."""

from __future__ import annotations

from typing import Any

from skillswap.lib.i18n import _

# code -> sentence. `_` is called when worded, so that a later release may translate.
SENTENCES: dict[str, str] = {
    # people and sign-in
    "email_taken": "There is an account with this address already. Log in, or use another one.",
    "username_taken": "Somebody has this username already. Try {suggestion}.",
    "username_shape": "Use 3 to 30 small letters, numbers and hyphens, starting with a letter.",
    "username_reserved": "This username is kept back. Choose another one.",
    "password_short": "At least 10 characters. A short sentence works well.",
    "password_long": "At most 128 characters.",
    "password_common": "This password is on the lists that intruders try first. Choose another one.",
    "password_personal": "This password holds your name or address, or ours. Choose another one.",
    "too_young": "SkillSwap is for people of 18 or older.",
    "birth_year": "Give the year as four digits, such as 1990.",
    "unknown_zone": "Choose a time zone from the list.",
    "wrong_login": "That email and password do not go together. Try again.",
    "too_many_tries": "That were many tries in a short time. Try again {when}.",
    "suspended": "This account is suspended, so it cannot be used for now.",
    "limited": "Your account is limited for now: finish what is agreed, but begin nothing new.",
    "limited_until": "Your account is limited until {day}: finish what is agreed, but begin nothing new.",
    "email_shape": "This email looks unfinished. Write it like name@example.org.",
    "two_alphabets": "Write each word of a name in one alphabet.",
    "name_reserved": "This name is kept for those who look after SkillSwap. Write yours.",
    "accept_terms": "Please read the terms and tick this box.",
    "needs_role": "Choose at least one: learning or teaching.",
    "control_characters": "This holds characters that cannot be shown. Type it anew.",
    "wrong_password": "This is not your password. Type it once more.",
    "same_email": "This is your address already.",
    "unconfirmed": "Confirm your email first: open the link that we sent to {email}.",
    # profile and skills
    "unknown_skill": "We do not know this skill yet. Choose one from the list, or propose it.",
    "unknown_level": "Choose one of the three levels.",
    "skill_listed": "{skill} is on your list already.",
    "skill_known": "We know this one: it is called {skill}.",
    "skills_full": "A list holds at most {limit} skills. Remove one first.",
    "too_many_proposed": "You have {limit} skills waiting for a moderator, which is the most for now.",
    "skill_name_shape": "A skill's name has 2 to 60 characters.",
    "too_many_lines": "At most {limit} lines.",
    "line_too_long": "Each line has at most {limit} characters.",
    "unknown_language": "Choose languages from the list.",
    "picture_needed": "Choose a picture first.",
    "storage_away": "The picture could not be stored just now. Nothing was changed. Try again later.",
    "not_an_image": "This file is not a picture we can read. Use PNG, JPEG, WebP or GIF.",
    "image_too_large": "This picture is too large: at most {megabytes} MB and 16 megapixels.",
    "too_many_uploads": "That is a lot of pictures for one hour. Try again in {minutes} minutes.",
    # pitches
    "to_yourself": "This is you. Find somebody else to learn from.",
    "not_taught": "{teacher} does not teach {skill}. Choose one of the skills listed.",
    "not_teaching": "{teacher} is not teaching at the moment.",
    "not_learning": "You have switched learning off. Switch it on in your profile to send pitches.",
    "not_offered": "You can only offer a skill that is on your own list.",
    "offers_the_same": "You cannot offer the skill you ask for. Choose another one.",
    "needs_bio": "Tell people who you are first: {limit} characters or more about you in your profile.",
    "needs_skill": "List at least one skill first, so that {teacher} knows who is asking.",
    "already_open": "{teacher} has an open pitch for {skill} from you already.",
    "cooling_down": "{teacher} declined {skill} lately. A new pitch is possible from {day}.",
    "teacher_full": "{teacher} has as many open pitches as can be answered. Try again in some days.",
    "body_short": "Tell {teacher} a little more: at least {limit} characters.",
    "body_long": "At most {limit} characters.",
    "too_many_links": "A pitch of yours may hold at most {limit} links.",
    "no_links": "The first pitches of new members hold no links. Say it in words.",
    "all_asked": "You have asked {teacher} for everything listed here. See how those pitches stand.",
    "too_many_open": "You have {limit} open pitches, which is the most for now. One must be answered first.",
    "too_many_today": "You have sent {limit} pitches in 24 hours, which is the most for now. Try again {when}.",
    "respond_days": "Choose between 3 and 14 days.",
    "no_places": "Every place you teach in is taken ({limit}). Complete an exchange first, or decline.",
    "partner_no_places": "{partner} has no free place to teach in. Ask for the pitch without a return, or decline.",
    "decline_reason": "Choose a reason. {learner} will see it.",
    # exchanges and sessions
    "unknown_leg": "Choose what this session is about.",
    "no_starts": "Give at least one time.",
    "too_many_starts": "At most 3 times.",
    "start_shape": "Give a day and a time.",
    "not_on_quarter": "Sessions start at :00, :15, :30 or :45.",
    "too_soon": "Give {teacher} notice: {hours} hours or more from now.",
    "too_far": "At most 8 weeks ahead.",
    "twice_the_same": "Two of the times are the same.",
    "wall_gap": "This time does not exist on that day: the clocks change. Choose another one.",
    "length": "Choose 30, 45, 60 or 90 minutes.",
    "not_a_start": "Choose one of the times offered.",
    "slot_taken": "That time has just been taken by another session. Pick another one.",
    "day_full": "{person} has {limit} sessions on that day already. Pick another one.",
    "you_are_held": "You have another session then. Choose another time.",
    "partner_is_held": "{partner} has another session then. Choose another time.",
    "too_many_offers": "{partner} has {limit} offers of yours to answer, which is the most. Wait, or withdraw one.",
    "not_an_answer": "Choose one of the answers.",
    "wake_no_places": "Every place you teach in is taken ({limit}). Complete another exchange first.",
    "wake_partner_full": "Every place {partner} teaches in is taken just now. Try again later.",
    "reason_needed": "Say why in a few words. {partner} will read it.",
    "too_long": "At most {limit} characters.",
    "bad_link": "Use a full https link, such as https://meet.example/room.",
    "required": "This is needed.",
}

# what the 409 page says the thing is now
NOW_IT_IS: dict[tuple[str, str], str] = {
    ("pitch", "accepted"): "This pitch has been accepted.",
    ("pitch", "declined"): "This pitch has been declined.",
    ("pitch", "withdrawn"): "This pitch has been withdrawn.",
    ("pitch", "expired"): "This pitch has expired: its time to be answered is over.",
    ("pitch", "closed"): "This pitch has been closed.",
    ("pitch", "pending"): "This pitch is waiting for an answer.",
    ("person", "active"): "This account is in good standing.",
    ("person", "deleted"): "This account has been deleted.",
    ("exchange", "completed"): "This exchange is completed.",
    ("exchange", "cancelled"): "This exchange has been cancelled.",
    ("exchange", "active"): "This exchange is active.",
    (
        "exchange",
        "completion_proposed",
    ): "You have proposed this already. It completes when your partner agrees, or after 7 days.",
    (
        "exchange",
        "nothing_kept",
    ): "An exchange is completed after its first session. Until then it can be cancelled.",
    (
        "exchange",
        "session_ahead",
    ): "This exchange has a session ahead. Complete it afterwards, or cancel the session first.",
    ("exchange", "dormant"): "This exchange rests. Wake it to go on.",
    ("proposal", "accepted"): "One of these times has been picked already.",
    ("proposal", "declined"): "These times have been declined.",
    ("proposal", "withdrawn"): "These times have been withdrawn.",
    ("proposal", "lapsed"): "These times have lapsed.",
    ("session", "scheduled"): "This session is scheduled.",
    ("session", "cancelled"): "This session has been cancelled.",
    ("session", "completed"): "This session is completed.",
    ("session", "unconfirmed"): "Nobody said in time whether this session happened.",
    ("session", "proposed"): "This session has no agreed time yet.",
    ("session", "early"): "This session is not over yet. Say how it went afterwards.",
    ("session", "started"): "This session has begun; it cannot be cancelled any more.",
    ("session", "closed"): "The call opens 15 minutes before the start and closes at the end.",
    ("session", "answered"): "You have answered this already.",
}


def word(code: str, params: dict[str, Any]) -> str:
    """The sentence for a refusal's code, filled in. KeyError for a code nobody worded."""
    return _(SENTENCES[code]).format(**params)


def word_state(noun: str, state: str) -> str:
    """How a thing stands now, in a sentence."""
    return _(NOW_IT_IS.get((noun, state), "It has changed meanwhile."))
