"""What becomes of the files people send as pictures?"""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from skillswap.lib import media
from skillswap.lib.media import NotAPicture, TooLarge, square_webp

RED, BLUE = (200, 30, 30), (30, 30, 200)


def picture(kind: str = "PNG", size=(60, 40), mode: str = "RGB", **options) -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, *size))
    out = BytesIO()
    image.convert(mode).save(out, kind, **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data), formats=("WEBP",))


def near(pixel, colour) -> bool:
    return all(abs(a - b) < 30 for a, b in zip(pixel[:3], colour, strict=True))


def png_of(width: int, height: int) -> bytes:
    """A small PNG file that says it is that large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\x00" * 900)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_every_kind_we_take_becomes_a_small_square_webp(kind):
    made = opened(square_webp(picture(kind)))
    assert (made.format, made.size) == ("WEBP", (256, 256))
    assert near(made.getpixel((20, 128)), RED)
    assert near(made.getpixel((235, 128)), BLUE)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "I;16"])
def test_any_way_of_holding_pixels_is_read(mode):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    assert opened(square_webp(picture(kind, mode=mode))).size == (256, 256)


def test_what_is_transparent_stays_so():
    out = BytesIO()
    Image.new("RGBA", (50, 50), (10, 20, 30, 0)).save(out, "PNG")
    assert opened(square_webp(out.getvalue())).getpixel((128, 128))[3] == 0


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (900, 3), (4000, 3999), (511, 513)])
def test_any_shape_is_cut_to_its_middle(size):
    assert opened(square_webp(picture(size=size))).size == (256, 256)


def test_the_middle_is_kept():
    image = Image.new("RGB", (3000, 1000), RED)
    image.paste(BLUE, (1000, 0, 2000, 1000))
    out = BytesIO()
    image.save(out, "PNG")
    made = opened(square_webp(out.getvalue()))
    assert all(near(made.getpixel(at), BLUE) for at in [(4, 4), (251, 4), (4, 251), (251, 251)])


def test_a_picture_taken_sideways_stands_upright():
    exif = Image.Exif()
    exif[media.ORIENTATION] = 6  # the camera was turned: what is left in the file is on top
    made = opened(square_webp(picture("JPEG", (600, 600), exif=exif)))
    assert near(made.getpixel((128, 20)), RED)
    assert near(made.getpixel((128, 235)), BLUE)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_place_and_camera_are_gone(kind):
    exif = Image.Exif()
    exif[0x010F] = "CAMERA-CANARY"
    exif.get_ifd(0x8825)[29] = "GPS-CANARY"
    sent = picture(kind, exif=exif)
    assert b"CANARY" in sent
    kept = square_webp(sent)
    assert b"CANARY" not in kept
    assert not opened(kept).getexif()
    assert "icc_profile" not in opened(kept).info


def test_nothing_that_hangs_on_behind_a_picture_is_kept():
    kept = square_webp(picture("GIF") + b"<script>alert('canary')</script>")
    assert b"script" not in kept
    assert b"canary" not in kept


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"hello",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"<!doctype html><img src=x onerror=alert(1)>",
        b"\x89PNG\r\n\x1a\n<html><script>alert(1)</script>",
        b"GIF89a/*<script>*/=alert(1)//",
        b"%PDF-1.7\n",
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        picture("PNG", (400, 400))[:-200],
        picture("JPEG", (400, 400))[:-200],
        picture("WEBP", (400, 400))[:100],
        picture("BMP"),
        picture("TIFF"),
    ],
    ids=(
        "empty text svg html html-as-png gif-script pdf webp png-cut jpeg-cut webp-cut bmp tiff"
    ).split(),
)
def test_what_is_no_picture_of_ours_is_refused(sent):
    with pytest.raises(NotAPicture):
        square_webp(sent)


@pytest.mark.parametrize("size", [(4001, 4000), (30_000, 30_000), (2**31 - 1, 2**31 - 1)])
def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked(size):
    with pytest.raises(TooLarge):
        square_webp(png_of(*size))


def test_a_file_of_too_many_bytes_is_refused():
    with pytest.raises(TooLarge):
        square_webp(picture() + b"\x00" * media.MOST_BYTES)


def with_scans(extra: int) -> bytes:
    """A progressive JPEG that goes over its picture that many times more."""
    plain = picture("JPEG", (64, 64), progressive=True)
    last = plain.rindex(b"\xff\xda")
    return plain[:-2] + plain[last:-2] * extra + plain[-2:]


def test_scans_are_counted_up_to_the_end_of_the_picture():
    plain = with_scans(0)
    assert media.count_scans(plain) == plain.count(b"\xff\xda") == 10
    assert media.count_scans(plain + b"\xff\xda\x00\x02" * 500) == 10
    assert media.count_scans(with_scans(300)) == 310


def test_a_picture_that_is_drawn_over_a_thousand_times_is_refused():
    assert square_webp(with_scans(20))
    with pytest.raises(NotAPicture):
        square_webp(with_scans(1000))


def test_names_cannot_be_guessed():
    names = {media.new_name() for _ in range(100)}
    assert len(names) == 100
    assert all(name.endswith(".webp") and 20 <= len(name) <= 40 for name in names)
