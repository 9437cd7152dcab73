"""What follows from what? The whole table; nothing else reacts to anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from skillswap.domain import calendars, cards, consents, meetings, notifications, rating_prompts
from skillswap.models import Event

# A consequence touches only the database, in the transaction of the verb. What it returns are
# further events (a badge earned), worked after it.
Consequence = Callable[[Event], Iterable[Event] | None]

FOLLOWS: dict[str, list[Consequence]] = {
    "person.joined": [],
    "person.email_confirmed": [],
    "person.email_changed": [],
    "person.email_restored": [],
    "person.password_changed": [],
    "person.password_reset": [],
    "person.blocked": [consents.part],  # nobody is told, least of all the blocked
    "person.unblocked": [],
    "person.muted": [],
    "person.unmuted": [],
    "person.suspended": [],
    "person.limited": [],
    "person.restored": [],
    "person.deleted": [],
    "follow.made": [notifications.notify],
    "report.made": [],  # staff see the queue
    "skill.proposed": [],
    "pitch.sent": [notifications.notify, cards.write],
    "pitch.accepted": [notifications.notify, cards.write],
    "pitch.declined": [notifications.notify],
    "pitch.asked": [notifications.notify],
    "pitch.replied": [notifications.notify],
    "pitch.undone": [],
    "pitch.ignored": [],
    "pitch.reminded": [notifications.notify],
    "pitch.last_word": [notifications.notify],
    "pitch.paused": [notifications.notify],
    "person.paused": [],
    "person.returned": [],
    "pitch.withdrawn": [notifications.notify],
    "pitch.expired": [notifications.notify],
    "pitch.closed": [notifications.notify],
    "exchange.opened": [],
    "exchange.closed": [meetings.keep, notifications.notify],
    "exchange.completion_proposed": [notifications.notify, cards.write],
    "exchange.completed": [notifications.notify, cards.write, rating_prompts.ask_last],
    "exchange.noted": [],  # the page says who wrote last
    "exchange.nudged": [notifications.notify],
    "exchange.rested": [notifications.notify],
    "exchange.woken": [notifications.notify],
    "exchange.cancelled": [meetings.keep, notifications.notify, cards.write, calendars.enclose],
    "session.proposed": [notifications.notify, cards.write],
    "session.scheduled": [meetings.keep, notifications.notify, cards.write, calendars.enclose],
    "session.declined": [notifications.notify],
    "session.withdrawn": [notifications.notify],
    "session.lapsed": [notifications.notify],
    "session.prepared": [notifications.notify],
    "session.move_proposed": [notifications.notify, cards.write],
    "session.moved": [meetings.keep, notifications.notify, cards.write, calendars.enclose],
    "session.move_declined": [notifications.notify],
    "session.move_withdrawn": [notifications.notify],
    "session.move_lapsed": [notifications.notify],
    "session.cancelled": [meetings.keep, notifications.notify, cards.write, calendars.enclose],
    "session.closed": [meetings.keep, notifications.notify, calendars.enclose],
    "session.place_changed": [meetings.keep, notifications.notify, calendars.enclose],
    "session.place_fell_back": [notifications.notify],
    "session.reminded": [notifications.notify],
    "session.ended": [notifications.notify, cards.write],
    "session.asked_again": [notifications.notify],
    "session.outcome_given": [notifications.notify],
    "session.completed": [notifications.notify, cards.write, rating_prompts.ask_first],
    "session.unconfirmed": [notifications.notify],
    "session.no_show": [notifications.notify],
    "session.not_held": [notifications.notify],
    "session.disputed": [notifications.notify],
    "session.forgiven": [notifications.notify],
    "contest.made": [notifications.notify],  # staff see the queue
    "contest.decided": [notifications.notify],
    "post.published": [consents.ask],  # followers find it in their feed
    "post.edited": [consents.ask],
    "post.deleted": [],
    "post.hidden": [],
    "post.released": [],
    "post.partner_asked": [notifications.notify],
    "post.partner_agreed": [notifications.notify],
    "post.partner_unnamed": [notifications.notify],
    "rating.asked": [notifications.notify],
    "rating.sealed": [],  # nobody is told, least of all the partner
    "rating.changed": [],
    "rating.published": [notifications.notify],
    "rating.replied": [notifications.notify],
    "rating.retracted": [notifications.notify],
    "rating.held": [],
    "rating.hidden": [],
    "rating.released": [],
    "post.liked": [notifications.notify],
    "post.commented": [notifications.notify],
    "comment.liked": [notifications.notify],
    "comment.answered": [notifications.notify],
    "comment.deleted": [],
    "comment.hidden": [],
    "comment.released": [],
}
