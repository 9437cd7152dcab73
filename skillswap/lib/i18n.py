"""Which words does a sentence become? One language for now, and the door for more.

The standard library's `gettext.gettext` looks for files at every call; this does not.
"""

from __future__ import annotations

from gettext import NullTranslations

_translations = NullTranslations()
gettext = _translations.gettext
ngettext = _translations.ngettext
_ = gettext
