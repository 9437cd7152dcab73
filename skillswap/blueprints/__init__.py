"""Which address leads where? One module for each noun: parse, one domain call, render."""

from __future__ import annotations

from flask import Flask

from skillswap.blueprints import (
    accounts,
    achievements,
    afterwards,  # noqa: F401 - adds its views to those of `sessions`
    announcements,
    atom,
    availability,
    badges,
    boards,
    bookmarks,
    calendars,
    cases,  # noqa: F401 - adds its views to those of `moderation`
    chat,
    chat_live,  # noqa: F401 - says what of a conversation arrives by the socket
    claim_cases,  # noqa: F401 - adds its views to those of `moderation`
    collusion,  # noqa: F401 - adds its views to those of `moderation`
    comments,
    dashboard,
    dev,
    dismissals,
    email_links,
    exchanges,
    explore,
    feed,
    follows,
    held_cases,  # noqa: F401 - adds its views to those of `moderation`
    held_pitches,  # noqa: F401 - adds its views to those of `pitches`
    joining,  # noqa: F401 - adds its views to those of `sessions`
    media,
    moderation,
    months,  # noqa: F401 - adds its view to those of `sessions`
    moving,  # noqa: F401 - adds its view to those of `sessions`
    notifications,
    pages,
    pitches,
    points,
    post_pages,  # noqa: F401 - adds its views to those of `posts`
    posts,
    preferences,
    preparing,  # noqa: F401 - adds its view to those of `sessions`
    profiles,
    proposing,  # noqa: F401 - adds its view to those of `exchanges`
    push,
    ratings,
    records,
    rings,
    safety,
    saved_teachers,
    search,
    second_steps,
    security_settings,  # noqa: F401 - adds its views to those of `settings`
    sessions,
    settings,
    skill_pages,
    staff_people,  # noqa: F401 - adds its views to those of `moderation`
    statistics,  # noqa: F401 - adds its view to those of `moderation`
    stepping_up,  # noqa: F401 - adds its view to those of `accounts`
    streaks,
    strike_cases,  # noqa: F401 - adds its views to those of `moderation`
    strikes,
    taxonomy,  # noqa: F401 - adds its views to those of `moderation`
    teachers,
    unsubscribe,
    verification,
    wishes,
)

ALL = (
    pages,
    announcements,
    dashboard,
    accounts,
    second_steps,
    email_links,
    profiles,
    feed,
    explore,
    skill_pages,
    atom,
    follows,
    safety,
    settings,
    availability,
    teachers,
    search,
    posts,
    comments,
    bookmarks,
    saved_teachers,
    dismissals,
    pitches,
    wishes,
    rings,
    exchanges,
    achievements,
    sessions,
    ratings,
    points,
    records,
    strikes,
    verification,
    boards,
    streaks,
    badges,
    calendars,
    chat,
    notifications,
    preferences,
    push,
    unsubscribe,
    moderation,
    media,
    dev,
)


def register(app: Flask) -> None:
    """Bind every blueprint."""
    for module in ALL:
        app.register_blueprint(module.bp)
