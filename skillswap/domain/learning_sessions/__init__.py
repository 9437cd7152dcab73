"""How do two people come to a time, and what becomes of it?

`proposing`, `agreeing`, `moving` and `keeping` hold the verbs, `placing` where it is, `joining`
how the two come together, `settling` what the clock does,
`reading` one session and what waits, `lists` the pages.
"""

from skillswap.domain.learning_sessions.afterwards import (
    answers_open,
    complete_by_rating,
    give_outcome,
    settle,
)
from skillswap.domain.learning_sessions.agreeing import (
    accept_times,
    decline_times,
    withdraw_times,
)
from skillswap.domain.learning_sessions.joining import (
    Call,
    Gathering,
    gathering_of,
    join_session,
)
from skillswap.domain.learning_sessions.keeping import cancel_session
from skillswap.domain.learning_sessions.lists import (
    SessionCard,
    needing,
    offered_to,
    offers_of,
    past,
    sessions_of_exchange,
    tab_counts,
    to_agree,
    unconfirmed_of,
    upcoming,
)
from skillswap.domain.learning_sessions.looking import Desk, Look, desk_of, look_at, week_later
from skillswap.domain.learning_sessions.months import Month, month_of
from skillswap.domain.learning_sessions.moving import lapse_of_move, may_move, propose_move
from skillswap.domain.learning_sessions.offering import (
    OfferedStart,
    Weeks,
    free_instead,
    offered_starts,
    weeks_of,
)
from skillswap.domain.learning_sessions.placing import (
    change_place,
    may_change,
    meeting_failed,
    meeting_made,
)
from skillswap.domain.learning_sessions.preparing import (
    Preparation,
    may_prepare,
    preparation_of,
    prepare_session,
)
from skillswap.domain.learning_sessions.proposing import (
    check_starts,
    first_problem,
    lapse_of,
    propose_times,
)
from skillswap.domain.learning_sessions.reading import (
    presences_of,
    session_of,
    waiting_count,
    waiting_for,
)
from skillswap.domain.learning_sessions.reminding import plan_reminders, remind_due
from skillswap.domain.learning_sessions.settling import lapse_due, settle_due
from skillswap.domain.learning_sessions.shifting import MoveDesk, look_at_move, move_desk_of
from skillswap.domain.learning_sessions.tracks import Track, track_of

__all__ = [
    "Call",
    "Desk",
    "Gathering",
    "Look",
    "Month",
    "MoveDesk",
    "OfferedStart",
    "Preparation",
    "SessionCard",
    "Track",
    "Weeks",
    "accept_times",
    "answers_open",
    "cancel_session",
    "change_place",
    "check_starts",
    "complete_by_rating",
    "decline_times",
    "desk_of",
    "first_problem",
    "free_instead",
    "gathering_of",
    "give_outcome",
    "join_session",
    "lapse_due",
    "lapse_of",
    "lapse_of_move",
    "look_at",
    "look_at_move",
    "may_change",
    "may_move",
    "may_prepare",
    "meeting_failed",
    "meeting_made",
    "month_of",
    "move_desk_of",
    "needing",
    "offered_starts",
    "offered_to",
    "offers_of",
    "past",
    "plan_reminders",
    "preparation_of",
    "prepare_session",
    "presences_of",
    "propose_move",
    "propose_times",
    "remind_due",
    "session_of",
    "sessions_of_exchange",
    "settle",
    "settle_due",
    "tab_counts",
    "to_agree",
    "track_of",
    "unconfirmed_of",
    "upcoming",
    "waiting_count",
    "waiting_for",
    "week_later",
    "weeks_of",
    "withdraw_times",
]
