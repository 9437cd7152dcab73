"""What is said below a post: comments and, one level deep, answers to them.

`writing` holds the verbs, `reading` what stands on a page.
"""

from skillswap.domain.comments.reading import (
    CommentLine,
    CommentThread,
    comments_of,
    count_of,
    line_of,
    listed,
    own_comment,
    own_line,
    readable_comment,
    thread_of,
)
from skillswap.domain.comments.writing import (
    delete_comment,
    drift,
    edit_comment,
    facts_of,
    hide_comment,
    make_comment,
    release_comment,
)

__all__ = [
    "CommentLine",
    "CommentThread",
    "comments_of",
    "count_of",
    "delete_comment",
    "drift",
    "edit_comment",
    "facts_of",
    "hide_comment",
    "line_of",
    "listed",
    "make_comment",
    "own_comment",
    "own_line",
    "readable_comment",
    "release_comment",
    "thread_of",
]
