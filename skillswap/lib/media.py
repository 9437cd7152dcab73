"""What may a picture be, and what is kept of it?"""

from __future__ import annotations

import re
import secrets
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import TypeVar

from PIL import Image

from skillswap.lib.offload import off_the_loop

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MEGABYTES = 5
MOST_BYTES = MEGABYTES * 1024 * 1024
MOST_PIXELS = 16_000_000
SIDE = 256
FITTED, SMALL = 1_600, 640
STRIP = 64  # rows of the small picture made at once
ORIENTATION = 0x0112  # the EXIF entry that says which way up a camera was held
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# a few kilobytes of a progressive JPEG can hold thousands of scans over the whole picture: 2,000
# of them took 18 seconds when measured; cameras and editors write about ten
MOST_SCANS = 64
MARKER = re.compile(rb"\xff([\x02-\xcf\xd8-\xfe])")  # those with a length behind them
SCAN, END = 0xDA, 0xD9
# our own limit is lower and is asked before anything is decoded; a warning would only be printed
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
T = TypeVar("T")
_one_at_a_time = threading.Lock()  # 16 megapixels take 80 MB while they are read, as WebP 250


class NotAPicture(ValueError):
    """The bytes are no picture that we read."""


class TooLarge(ValueError):
    """More bytes or more pixels than we take."""


@dataclass(frozen=True, slots=True)
class TwoSizes:
    """A picture made twice; width and height are those of the large one."""

    large: bytes
    small: bytes
    width: int
    height: int


def new_name(ending: str = ".webp") -> str:
    """128 random bits: nobody finds a file by guessing."""
    return f"{secrets.token_urlsafe(16)}{ending}"


def square_webp(data: bytes) -> bytes:
    """The middle of a picture as a WebP of 256 by 256 pixels, upright, without any metadata.

    Nothing of the original file survives but what it shows. One is made at a time, in the thread
    pool. Raises NotAPicture or TooLarge.
    """
    return _made(data, lambda image: _encode(_square(image)))


def fitted_webp(data: bytes) -> bytes:
    """The whole picture as a WebP of at most 1,600 by 1,600 pixels, made like the square one."""
    return _made(data, lambda image: _encode(_fitted(image)))


def two_webps(data: bytes) -> TwoSizes:
    """The whole picture within 1,600 and within 640 pixels a side, made like the square one."""
    return _made(data, _two_sizes)


def _made(data: bytes, make: Callable[[Image.Image], T]) -> T:
    if len(data) > MOST_BYTES:
        raise TooLarge
    with _one_at_a_time:
        made: T = off_the_loop(_read, data, make)
    return made


def _read(data: bytes, make: Callable[[Image.Image], T]) -> T:
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            _check_size(image)
            _check_scans(image, data)
            return make(image)
    except (TooLarge, Image.DecompressionBombError):
        raise TooLarge from None
    except Exception as error:  # hostile bytes make decoders stumble in any way
        raise NotAPicture from error


def _check_size(image: Image.Image) -> None:
    if image.width * image.height > MOST_PIXELS:
        raise TooLarge


def _check_scans(image: Image.Image, data: bytes) -> None:
    if image.format in ("JPEG", "MPO") and count_scans(data) > MOST_SCANS:
        raise NotAPicture


def count_scans(data: bytes) -> int:
    """How often a JPEG goes over its picture. What comes after its end does not count."""
    scans, at = 0, 2
    while (marker := MARKER.search(data, at)) and marker[1][0] != END:
        scans += marker[1][0] == SCAN
        at = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2])
    return scans


def _square(image: Image.Image) -> Image.Image:
    image.draft("RGB", (2 * SIDE, 2 * SIDE))  # a JPEG is decoded no larger than needed
    turn = UPRIGHT.get(image.getexif().get(ORIENTATION, 1))
    square = _middle(image).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    return square.transpose(turn) if turn is not None else square


def _fitted(image: Image.Image) -> Image.Image:
    image.draft("RGB", (FITTED, FITTED))
    turn = UPRIGHT.get(image.getexif().get(ORIENTATION, 1))
    mode = "RGBA" if image.has_transparency_data else "RGB"
    small = image if image.mode == mode else image.convert(mode)
    small.thumbnail((FITTED, FITTED), Image.Resampling.LANCZOS)
    return small.transpose(turn) if turn is not None else small


def _two_sizes(image: Image.Image) -> TwoSizes:
    large = _fitted(image)
    small = large.copy()
    small.thumbnail((SMALL, SMALL), Image.Resampling.LANCZOS)
    return TwoSizes(_encode(large), _encode(small), *large.size)


def _middle(image: Image.Image) -> Image.Image:
    """The middle square, made small strip by strip: no second copy of 64 MB beside the first."""
    edge = min(image.size)
    left, top = (image.width - edge) // 2, (image.height - edge) // 2
    mode = "RGBA" if image.has_transparency_data else "RGB"
    factor = max(1, edge // (2 * SIDE))
    small = Image.new(mode, (edge // factor, edge // factor))
    for row in range(0, small.height, STRIP):
        below = min(row + STRIP, small.height)
        box = (left, top + row * factor, left + edge, top + below * factor)
        small.paste(image.crop(box).convert(mode).reduce(factor), (0, row))
    return small


def _encode(image: Image.Image) -> bytes:
    out = BytesIO()
    # said outright, so that no default ever carries them over
    image.save(out, "WEBP", quality=82, exif=b"", icc_profile=b"", xmp=b"")
    return out.getvalue()
