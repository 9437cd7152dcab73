"""What do pictures of the demo show? Small plain drawings, made here, so that nobody owns them."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from io import BytesIO

from PIL import Image, ImageDraw, ImageFilter

SIZE = WIDTH, HEIGHT = 960, 540
KEPT = 640, 360  # half as many points are quicker to store, and lines come out smooth
PAPER, INK, PINE, TEAL, GOLD = "#f6f2e9", "#22333b", "#1f5c4d", "#6fae9f", "#d9a441"
Draw = ImageDraw.ImageDraw
Colour = tuple[int, int, int]


def drawn(name: str) -> bytes:
    """The picture of that name as a PNG, always the same. A KeyError where there is none."""
    image = Image.new("RGB", SIZE, PAPER)
    SCENES[name](image, random.Random(name))
    out = BytesIO()
    image.resize(KEPT, Image.Resampling.LANCZOS).save(out, "PNG", compress_level=1)
    return out.getvalue()


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _sky(image: Image.Image, above: Colour, below: Colour, height: int = HEIGHT) -> None:
    draw = ImageDraw.Draw(image)
    for row in range(height):
        draw.line((0, row, WIDTH, row), fill=_mix(above, below, row / height))


def _ridge(draw: Draw, dice: random.Random, level: int, rough: int, colour: str) -> None:
    points = [(x, level + dice.randint(-rough, rough)) for x in range(-60, WIDTH + 61, 60)]
    draw.polygon([*points, (WIDTH, HEIGHT), (0, HEIGHT)], fill=colour)


def _wash(image: Image.Image, dice: random.Random) -> None:
    _sky(image, (88, 132, 176), (232, 226, 212), 400)
    clouds = Image.new("L", SIZE, 0)
    draw = ImageDraw.Draw(clouds)
    for _cloud in range(26):
        x, y, wide = dice.randint(0, WIDTH), dice.randint(20, 260), dice.randint(60, 190)
        draw.ellipse((x - wide, y - wide // 4, x + wide, y + wide // 4), fill=dice.randint(60, 150))
    clouds = clouds.filter(ImageFilter.GaussianBlur(18))
    image.paste(Image.new("RGB", SIZE, "#fbf8f1"), mask=clouds)
    draw = ImageDraw.Draw(image)
    for level, colour in ((390, "#8aa39c"), (430, "#4f7467"), (480, "#2b4a42")):
        _ridge(draw, dice, level, 16, colour)


def _loaf(image: Image.Image, dice: random.Random) -> None:
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, WIDTH, HEIGHT), fill="#7c5a41")
    for _speck in range(900):
        x, y, r = dice.randint(0, WIDTH), dice.randint(0, HEIGHT), dice.choice((1, 1, 2))
        draw.ellipse((x, y, x + r, y + r), fill="#cbb79c")
    for step, colour in enumerate(("#6b3f1f", "#8f5a2c", "#b57a40", "#c98f54")):
        inset = 22 * step
        draw.ellipse((250 + inset, 50 + inset, 710 - inset, 490 - inset), fill=colour)
    draw.arc((330, 110, 820, 600), 168, 262, fill="#f3e3c6", width=22)
    draw.arc((338, 120, 820, 600), 172, 258, fill="#6b3f1f", width=5)


def _bloom(image: Image.Image, dice: random.Random) -> None:
    _sky(image, (92, 139, 168), (123, 165, 186))
    for x, y, size in ((270, 250, 150), (560, 330, 120), (740, 170, 90)):
        ring = Image.new("L", SIZE, 0)
        draw = ImageDraw.Draw(ring)
        points = [
            (
                x + math.cos(turn / 40 * math.tau) * size * dice.uniform(0.86, 1.1),
                y + math.sin(turn / 40 * math.tau) * size * dice.uniform(0.8, 1.0),
            )
            for turn in range(40)
        ]
        draw.polygon(points, fill=190)
        soft = ring.filter(ImageFilter.GaussianBlur(9))
        image.paste(Image.new("RGB", SIZE, "#c3d9df"), mask=soft)
        ImageDraw.Draw(image).line([*points, points[0]], fill="#3f6f88", width=4, joint="curve")


def _bars(image: Image.Image, dice: random.Random) -> None:
    draw = ImageDraw.Draw(image)
    for row in range(100, 461, 90):
        draw.line((70, row, 890, row), fill="#ddd5c4", width=2)
    for month in range(12):
        tall = 330 if month == 7 else dice.randint(110, 230)
        x, colour = 84 + month * 68, GOLD if month == 7 else PINE
        draw.rounded_rectangle((x, 460 - tall, x + 42, 460), radius=8, fill=colour)
    draw.line((70, 461, 890, 461), fill=INK, width=3)


def _knit(image: Image.Image, _dice: random.Random) -> None:
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, WIDTH, HEIGHT), fill="#2e5a56")
    for row in range(-1, 12):
        for column in range(-1, 20):
            x, y = column * 52, row * 46
            colour = GOLD if (row, column) == (5, 9) else "#7fb3a6"
            for lean in (0, 1):
                box = [(x + 4, y), (x + 14, y - 4), (x + 28, y + 44), (x + 20, y + 48)]
                draw.polygon([(2 * x + 52 - a, b) if lean else (a, b) for a, b in box], fill=colour)


def _chair(image: Image.Image, _dice: random.Random) -> None:
    draw = ImageDraw.Draw(image)
    gaps = (
        [(350, 110), (560, 90), (560, 250), (350, 262)],
        [(352, 330), (430, 352), (424, 480), (346, 446)],
        [(452, 356), (600, 326), (604, 430), (456, 484)],
    )
    for gap in gaps:
        draw.polygon(gap, fill=TEAL)
    outline = [(330, 92), (580, 70), (580, 262), (640, 300), (440, 344), (330, 306), (330, 92)]
    draw.line(outline, fill=INK, width=7, joint="curve")
    for x, top, foot in ((340, 308, 468), (440, 344, 510), (622, 306, 456)):
        draw.line((x, top, x - 4, foot), fill=INK, width=7)


def _street(image: Image.Image, _dice: random.Random) -> None:
    _sky(image, (233, 229, 220), (198, 196, 190))
    draw = ImageDraw.Draw(image)
    for number in range(7):
        x, y = 120 + number * 120, 300 + (number % 3) * 60
        draw.polygon([(x, y), (x + 8, y), (x + 300, y + 200), (x + 284, y + 206)], fill="#8a8781")
        draw.line((x + 4, y, x + 4, y - 170), fill="#33322f", width=6)
        draw.ellipse((x - 8, y - 190, x + 16, y - 168), fill="#33322f")
    for number in range(6):
        draw.rectangle((90 + number * 140, 440, 160 + number * 140, 462), fill="#efece4")


def _tiles(image: Image.Image, dice: random.Random) -> None:
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, WIDTH, HEIGHT), fill="#cfc7b6")
    for y in range(8, HEIGHT, 44):
        for x in range(8, WIDTH, 44):
            fish = ((x - 430) / 330) ** 2 + ((y - 270) / 170) ** 2 < 1 or x > 700 + abs(y - 270)
            if fish and x > 640 and dice.random() < 0.35:
                continue
            colours = (PINE, TEAL, "#3f7f8f") if fish else ("#e7dfcd", "#d8ceb8", "#efe8d9")
            colour = GOLD if fish and dice.random() < 0.12 else dice.choice(colours)
            slip = dice.randint(-2, 2)
            draw.rectangle((x + slip, y - slip, x + 37 + slip, y + 37 - slip), fill=colour)


def _layers(image: Image.Image, _dice: random.Random) -> None:
    for number in range(4):
        layer = Image.new("RGBA", SIZE, (0, 0, 0, 0))
        left, top = 150 + number * 115, 60 + (number * 67) % 150
        ImageDraw.Draw(layer).rectangle((left, top, left + 300, top + 270), fill=(52, 104, 150, 82))
        image.paste(layer, mask=layer)


def _stars(image: Image.Image, dice: random.Random) -> None:
    _sky(image, (12, 19, 44), (58, 74, 108))
    draw = ImageDraw.Draw(image)
    for _star in range(150):
        radius, start = dice.randint(30, 760), dice.randint(0, 360)
        box = (520 - radius, 210 - radius, 520 + radius, 210 + radius)
        colour = dice.choice(("#f5ead0", "#cfdcf2", "#8fa6cf", "#6d82ab"))
        draw.arc(box, start, start + 34, fill=colour, width=dice.choice((1, 2, 2, 3)))
    _ridge(draw, dice, 450, 26, "#070b16")


def _street2(image: Image.Image, dice: random.Random) -> None:
    draw = ImageDraw.Draw(image)
    _sky(image, (246, 236, 214), (236, 214, 178))
    end = (600, 250)
    for side in (0, WIDTH):
        for number in range(5):
            near, far = 0.18 * number, 0.18 * (number + 1)
            x1, x2 = (side + (end[0] - side) * share for share in (near, far))
            roof, foot = dice.randint(-40, 60), 560
            y = [roof + (end[1] - roof) * share for share in (near, far)]
            low = [foot + (end[1] - foot) * share for share in (near, far)]
            colour = dice.choice(("#d98b5f", "#e3b07a", "#6fae9f", "#c96f4f", "#efe2c8"))
            draw.polygon([(x1, y[0]), (x2, y[1]), (x2, low[1]), (x1, low[0])], fill=colour)
    draw.polygon([(150, HEIGHT), (900, HEIGHT), end], fill="#8d8378")
    for x in (430, 520, 610, 700):
        draw.line((x, HEIGHT, *end), fill="#3e3a36", width=3)


def _rings(image: Image.Image, _dice: random.Random) -> None:
    draw = ImageDraw.Draw(image)
    for number in range(11):
        radius = 30 + number * 21
        box = (480 - radius, 270 - radius, 480 + radius, 270 + radius)
        draw.ellipse(box, outline=GOLD if number == 10 else PINE, width=3 + number % 3)


def _face(image: Image.Image, _dice: random.Random) -> None:
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, WIDTH, HEIGHT), fill="#e9e2d3")
    draw.ellipse((340, 60, 640, 470), fill="#c58f6a")
    draw.pieslice((320, 30, 660, 330), 180, 360, fill="#3a2a24")
    for x in (410, 530):
        draw.chord((x, 236, x + 60, 280), 0, 180, fill="#3a2a24")
    draw.polygon([(490, 270), (470, 350), (510, 350)], fill="#a97552")
    draw.arc((430, 350, 550, 420), 20, 160, fill="#7a3f34", width=8)


SCENES: dict[str, Callable[[Image.Image, random.Random], None]] = {
    "wash": _wash,
    "loaf": _loaf,
    "bloom": _bloom,
    "bars": _bars,
    "knit": _knit,
    "chair": _chair,
    "street": _street,
    "tiles": _tiles,
    "layers": _layers,
    "stars": _stars,
    "street2": _street2,
    "rings": _rings,
    "face": _face,
}
