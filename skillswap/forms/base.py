"""What can every form do?"""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm

from skillswap.errors import Refused
from skillswap.sentences import word


class Form(FlaskForm):
    """A form that hands its values on and takes a rule's refusal back."""

    @property
    def values(self) -> dict[str, Any]:
        """What was typed, by field name, without the token and the buttons."""
        return {
            name: value
            for name, value in self.data.items()
            if name != "csrf_token" and not name.startswith("submit")
        }

    refusal: Refused | None = None

    @property
    def status(self) -> int:
        """What the page with this form answers: 200, 422, or what the refusal says."""
        if self.refusal is not None:
            return self.refusal.status
        return 422 if self.errors else 200

    def refuse(self, error: Refused) -> None:
        """Put the sentence of a refusal beside its field, or on top when it has none here."""
        self.refusal = error
        sentence = word(error.code, error.params)
        if error.field in self._fields:
            bound = self._fields[error.field]
            bound.errors = [*bound.errors, sentence]
        else:
            self.form_errors.append(sentence)

    @property
    def summary(self) -> list[tuple[str, str, str]]:
        """(field id, label, first sentence) of everything wrong, for the list on top."""
        found = [
            (bound.id, bound.label.text, str(bound.errors[0]))
            for bound in self._fields.values()
            if bound.errors
        ]
        return [*(("", "", str(error)) for error in self.form_errors), *found]
