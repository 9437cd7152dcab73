"""What do two people write to each other?

`standing` knows who may write, `writing` holds the verbs, `reading` one thread, `lines` what stands
in it, `lists` the page of all of them.
"""

from skillswap.domain.conversations.card_states import CardState, card_states
from skillswap.domain.conversations.lines import (
    MessageLine,
    Slice,
    cards_about,
    find_in,
    line_of,
    lines_after,
    lines_of,
    own_line,
)
from skillswap.domain.conversations.lists import (
    ConversationRow,
    conversations_of,
    request_count,
    row_beside,
    unread_count,
    with_news,
)
from skillswap.domain.conversations.reading import Thread, thread_of, thread_with
from skillswap.domain.conversations.standing import Standing
from skillswap.domain.conversations.telling import KIND as TOLD
from skillswap.domain.conversations.telling import unread_of
from skillswap.domain.conversations.writing import (
    delete_message,
    edit_message,
    freeze,
    let_in,
    put_aside,
    read_to,
    send_message,
    send_to,
    thaw,
)

__all__ = [
    "TOLD",
    "CardState",
    "ConversationRow",
    "MessageLine",
    "Slice",
    "Standing",
    "Thread",
    "card_states",
    "cards_about",
    "conversations_of",
    "delete_message",
    "edit_message",
    "find_in",
    "freeze",
    "let_in",
    "line_of",
    "lines_after",
    "lines_of",
    "own_line",
    "put_aside",
    "read_to",
    "request_count",
    "row_beside",
    "send_message",
    "send_to",
    "thaw",
    "thread_of",
    "thread_with",
    "unread_count",
    "unread_of",
    "with_news",
]
