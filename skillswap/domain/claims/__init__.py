"""What do people let us check, how are the documents kept, and what came of it?

`asking` holds the member's verbs, `deciding` the staff's, `keeping` the files, `reading` the
member's page and the badges, `reviewing` the page of staff, `rules` the numbers, `ending` what
the clock does.
"""

from skillswap.domain.claims.asking import add_files, count_try, submit, withdraw
from skillswap.domain.claims.deciding import (
    Opened,
    approve,
    ask_more,
    badge_for,
    open_file,
    refuse,
    revocable,
    revoke,
)
from skillswap.domain.claims.ending import (
    claimants_about,
    erase_all_of,
    erase_due,
    expire_due,
    move_skill,
    unreadable,
)
from skillswap.domain.claims.keeping import are_taken
from skillswap.domain.claims.reading import (
    Badge,
    Choice,
    ClaimLine,
    FileLine,
    Overview,
    badges_of,
    claims_of,
    overview,
)
from skillswap.domain.claims.reviewing import Details, Step, details_of
from skillswap.domain.claims.rules import (
    ANSWER_WITHIN,
    DECIDE_WITHIN,
    FILES_MOST,
    TRIES,
    TRIES_WITHIN,
    VALID_MONTHS,
    VERDICT_MOST,
    WORDS_MOST,
)

__all__ = [
    "ANSWER_WITHIN",
    "DECIDE_WITHIN",
    "FILES_MOST",
    "TRIES",
    "TRIES_WITHIN",
    "VALID_MONTHS",
    "VERDICT_MOST",
    "WORDS_MOST",
    "Badge",
    "Choice",
    "ClaimLine",
    "Details",
    "FileLine",
    "Opened",
    "Overview",
    "Step",
    "add_files",
    "approve",
    "are_taken",
    "ask_more",
    "badge_for",
    "badges_of",
    "claimants_about",
    "claims_of",
    "count_try",
    "details_of",
    "erase_all_of",
    "erase_due",
    "expire_due",
    "move_skill",
    "open_file",
    "overview",
    "refuse",
    "revocable",
    "revoke",
    "submit",
    "unreadable",
    "withdraw",
]
