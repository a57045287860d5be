"""The colours of the page: readable on what they stand on, and told apart by those who see fewer of them.

How colours look without one kind of cone: the matrices of Machado, Oliveira and Fernandes (2009), full severity, in
linear RGB. Contrast is that of WCAG 2. Distance is the Euclidean one in CIE L*a*b* (1976), white D65.
"""

import re
from importlib import resources
from itertools import combinations

import pytest

STYLE = (resources.files("kaa.explorer.page") / "static" / "explorer.css").read_text()
SIGHT = {
    "full": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
TEXTS = ("text", "dim", "blue", "orange", "green", "red", "pink")
PAPERS = ("bg", "panel", "now", "lit")
TOGETHER = (
    ("dim", "green", "red"),  # edges of a graph: fall through, jump, raise
    ("blue", "green", "orange"),  # frames and objects of a heap: root, fresh, tasklet
    ("dim", "green", "orange", "red"),  # states of a cache
    ("text", "blue", "green", "orange"),  # names, keywords, strings, numbers
    ("text", "pink"),  # values and references
)
APART = 12.0
"""Ten times what can just be told apart side by side."""


def palette(theme: str) -> dict[str, tuple[float, float, float]]:
    selector = ":root {" if theme == "dark" else ':root[data-theme="light"] {'
    block = STYLE[STYLE.index(selector) :].split("}")[0]
    return {name: linear(value) for name, value in re.findall(r"--(\w+): #([0-9a-f]{6});", block)}


def linear(text: str) -> tuple[float, float, float]:
    parts = [int(text[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    return tuple(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)


def seen(colour, sight: str):
    rows = SIGHT[sight]
    mixed = (sum(a * b for a, b in zip(row, colour, strict=True)) for row in rows)
    return tuple(min(1.0, max(0.0, part)) for part in mixed)


def contrast(one, other) -> float:
    light = sorted(0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05 for r, g, b in (one, other))
    return light[1] / light[0]


def lab(colour):
    r, g, b = colour
    x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089
    x, y, z = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(one, other) -> float:
    return sum((a - b) ** 2 for a, b in zip(lab(one), lab(other), strict=True)) ** 0.5


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_text_can_be_read(theme: str, sight: str) -> None:
    colours = {name: seen(colour, sight) for name, colour in palette(theme).items()}
    found = {(t, p): contrast(colours[t], colours[p]) for t in TEXTS for p in PAPERS}
    assert {pair: ratio for pair, ratio in found.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_colours_that_stand_together_are_told_apart(theme: str, sight: str) -> None:
    colours = {name: seen(colour, sight) for name, colour in palette(theme).items()}
    pairs = {pair for group in TOGETHER for pair in combinations(group, 2)}
    found = {pair: distance(colours[pair[0]], colours[pair[1]]) for pair in pairs}
    assert {pair: apart for pair, apart in found.items() if apart < APART} == {}


def test_the_simulation() -> None:
    red, green = linear("c81e1e"), linear("3c7800")
    assert distance(red, green) > 80
    assert distance(seen(red, "deuteranopia"), seen(green, "deuteranopia")) < 40
    assert contrast((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)) == pytest.approx(21)
