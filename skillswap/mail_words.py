"""What is a mail about an event headed by? Of the facts only the name may stand in it."""

from __future__ import annotations

from skillswap.lib.i18n import _

# event kind -> subject; of the facts only the name may stand in it
SUBJECTS = {
    "chat.message": _("{name} wrote to you"),
    "pitch.sent": _("{name} sent you a pitch"),
    "pitch.accepted": _("{name} accepted your pitch"),
    "pitch.declined": _("{name} answered your pitch"),
    "pitch.asked": _("{name} has a question about your pitch"),
    "pitch.replied": _("{name} replied about their pitch"),
    "pitch.reminded": _("A pitch waits for your answer"),
    "pitch.expired": _("A pitch has expired"),
    "wish.lapsed": _("A wish of yours has lapsed"),
    "offer.made": _("{name} offers to teach you"),
    "offer.accepted": _("{name} accepted your offer"),
    "offer.declined": _("{name} answered your offer"),
    "offer.lapsed": _("An offer to teach has lapsed"),
    "teacher.reopened": _("{name} takes pitches again"),
    "ring.started": _("{name} asks you into a swap ring"),
    "ring.accepted": _("Your swap ring is closed: all three said yes"),
    "exchange.completed": _("{name} completed your exchange"),
    "exchange.cancelled": _("{name} cancelled your exchange"),
    "session.proposed": _("{name} proposed times for a session"),
    "session.scheduled": _("{name} picked a time"),
    "session.declined": _("{name} cannot make your times"),
    "session.withdrawn": _("{name} withdrew the proposed times"),
    "session.move_proposed": _("{name} would like to move a session"),
    "session.moved": _("{name} agrees to the new time"),
    "session.move_declined": _("{name} cannot move the session"),
    "session.move_withdrawn": _("{name} no longer asks to move the session"),
    "session.move_lapsed": _("Your move of a session lapsed"),
    "session.cancelled": _("{name} cancelled a session"),
    "session.no_show": _("A session that somebody missed"),
    "session.forgiven": _("{name} took a mark off your record"),
    "contest.made": _("{name} asks you to look at a session again"),
    "contest.decided": _("A contested mark is decided"),
    "session.reminded": _("Your session is coming up"),
    "session.ended": _("Did your session happen?"),
    "session.asked_again": _("Did your session happen?"),
}
OTHERWISE = {
    "pitch": _("News about a pitch"),
    "offer": _("News about an offer to teach"),
    "exchange": _("News about your exchange"),
    "ring": _("News about a swap ring"),
    "session": _("News about a session"),
}
