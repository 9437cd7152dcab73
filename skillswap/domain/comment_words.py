"""What does a notification say of likes and comments? That part of `wording.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skillswap.lib.i18n import _

Facts = dict[str, Any]


def _of(usual: str, tutorial: str, achievement: str) -> Callable[[Facts, str], str]:
    """The sentence for the kind of post. A post of pictures alone has no name."""

    def words(facts: Facts, _zone: str) -> str:
        kinds = {"tutorial": tutorial, "achievement": achievement}
        said = kinds.get(facts.get("post_kind", ""), usual)
        return said.format(**facts) if facts.get("title") else said.partition(" “")[0]

    return words


# kind -> icon, and the words after the actor's name for a reader in that zone
COMMENT_WORDS: dict[str, tuple[str, Callable[[Facts, str], str]]] = {
    "post.liked": (
        "heart",
        _of(
            _("liked your post “{title}”"),
            _("liked your tutorial “{title}”"),
            _("liked your achievement “{title}”"),
        ),
    ),
    "post.commented": (
        "message-square",
        _of(
            _("commented on your post “{title}”"),
            _("commented on your tutorial “{title}”"),
            _("commented on your achievement “{title}”"),
        ),
    ),
    "comment.liked": (
        "heart",
        _of(
            _("liked your comment on the post “{title}”"),
            _("liked your comment on the tutorial “{title}”"),
            _("liked your comment on the achievement “{title}”"),
        ),
    ),
    "comment.answered": (
        "message-square",
        _of(
            _("answered your comment on the post “{title}”"),
            _("answered your comment on the tutorial “{title}”"),
            _("answered your comment on the achievement “{title}”"),
        ),
    ),
}
