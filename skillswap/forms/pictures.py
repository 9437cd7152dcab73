"""What does a form with the pictures of a post hold?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flask_wtf.file import MultipleFileField
from wtforms import Field

from skillswap.domain.pictures import Picture
from skillswap.errors import Refused
from skillswap.forms.base import Form
from skillswap.lib.i18n import _
from skillswap.lib.media import MOST_BYTES
from skillswap.models.post import IMAGES_MOST


class Several(Field):
    """Every value of one name, in their order; the template prints them."""

    data: list[str]

    def process_formdata(self, valuelist: list[Any]) -> None:
        """What was sent. (A file of that name is no text.)"""
        self.data = [value for value in valuelist if isinstance(value, str)]

    def process_data(self, value: Any) -> None:
        """What it begins with."""
        self.data = list(value or ())


class PicturesForm(Form):
    """Files to come, and pictures that are here already, each with its words.

    The composer's form is one of these. Its view takes the files in first, with
    `blueprints.media.take_pictures(form)`, then says `form.chosen` to the domain, and gives the
    template `pictures=pictures.chosen(me(), form.chosen)`. The form is multipart and includes
    `posts/_pictures.html`. To begin with those of a post: `form.show(pictures.of([id])[id])`.
    """

    pictures = MultipleFileField(_("Add pictures"), id="pictures")
    picture_name = Several()
    picture_alt = Several()
    picture_out = Several()  # those to be taken out again

    @property
    def chosen(self) -> list[tuple[str, str]]:
        """The names of the pictures that are here, each with what was typed for it."""
        words = dict(zip(self.picture_name.data, self.picture_alt.data, strict=False))
        return [(name, alt) for name, alt in words.items() if name not in self.picture_out.data]

    def show(self, pictures: Sequence[Picture]) -> None:
        """Begin with the pictures that a post has."""
        self._hold([(picture.name, picture.alt) for picture in pictures])

    def took(self, name: str) -> None:
        """A file is here now, under this name: when the form comes back it stands in it."""
        self._hold([*self.chosen, (name, "")])

    def _hold(self, chosen: Sequence[tuple[str, str]]) -> None:
        self.picture_name.data = [name for name, _alt in chosen]
        self.picture_alt.data = [alt for _name, alt in chosen]

    def files(self) -> Iterator[bytes]:
        """Each file that came along, cut where it is longer than any picture we take.

        Raises Refused at the first for which the post has no place.
        """
        for file in self.pictures.data or ():
            if not getattr(file, "filename", ""):
                continue
            if len(self.chosen) >= IMAGES_MOST:
                raise Refused("pictures", "too_many_pictures", most=IMAGES_MOST)
            yield file.read(MOST_BYTES + 1)
