"""Plots, drawn here and sent as SVG: bars across, and columns. Beside each stands a table of the same numbers.

No two series are told apart by colour alone: each has a pattern of its own, and the legend and the table name it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from workflow.review.drawing import element, picture, words_at

WIDTH = 560.0
BAR, GAP, LABELS, NUMBERS = 20.0, 8.0, 160.0, 60.0
HEIGHT, LEFT, TOP, BOTTOM = 260.0, 56.0, 12.0, 58.0
LINES = 4


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers of one kind, one for each label. `kind` names its look in the style sheet."""

    name: str
    kind: str
    numbers: Sequence[int]


def bars(name: str, title: str, description: str, rows: Sequence[tuple[str, int]]) -> Markup:
    """A bar across for each row, its number at its end."""
    most = max((number for _, number in rows), default=0) or 1
    room = WIDTH - LABELS - NUMBERS
    parts: list[Markup] = []
    for place, (label, number) in enumerate(rows):
        y = place * (BAR + GAP) + GAP
        long = max(room * number / most, 1.0 if number else 0.0)
        parts += [
            words_at(label, LABELS - 10, y + BAR * 0.7, "label", "end"),
            element("rect", x=LABELS, y=y, width=long, height=BAR, class_="one"),
            words_at(f"{number:,}", LABELS + long + 8, y + BAR * 0.7, "number"),
        ]
    return picture(name, WIDTH, len(rows) * (BAR + GAP) + GAP, title, description, parts)


def columns(
    name: str, title: str, description: str, labels: Sequence[str], series: Sequence[Series], across: str = ""
) -> Markup:
    """A column for each label, the series on top of one another. `across` says what the labels are."""
    most = max((sum(each.numbers[at] for each in series) for at in range(len(labels))), default=0)
    top, step = scale(most)
    high = HEIGHT - TOP - BOTTOM
    wide = (WIDTH - LEFT) / max(len(labels), 1)
    parts = [_pattern(name, each.kind) for each in series]
    for line in range(0, top + 1, step):
        y = TOP + high * (1 - line / top)
        parts += [
            element("line", x1=LEFT, x2=WIDTH, y1=y, y2=y, class_="axis" if not line else "grid"),
            words_at(f"{line:,}", LEFT - 8, y + 4, "number", "end"),
        ]
    every = -(-len(labels) // 14)
    for at, label in enumerate(labels):
        x, y = LEFT + at * wide, TOP + high
        for each in series:
            tall = high * each.numbers[at] / top
            y -= tall
            if tall:
                parts.append(_block(name, each.kind, x + wide * 0.15, y, wide * 0.7, tall))
        if at % every == 0:
            first, _, second = label.partition(" ")
            parts.append(words_at(first, x + wide / 2, TOP + high + 17, "label", "middle"))
            parts.append(words_at(second, x + wide / 2, TOP + high + 31, "label", "middle"))
    if across:
        parts.append(words_at(across, LEFT + (WIDTH - LEFT) / 2, HEIGHT - 6, "label", "middle"))
    return picture(name, WIDTH, HEIGHT, title, description, parts)


def scale(most: int) -> tuple[int, int]:
    """The top of an axis that holds a number, and the step between its lines: 1, 2 or 5 of some power of ten."""
    steps = (number * 10**power for power in range(12) for number in (1, 2, 5))
    step = next(step for step in steps if step * LINES >= most)
    return max(-(-most // step), 1) * step, step


def _block(name: str, kind: str, x: float, y: float, width: float, height: float) -> Markup:
    """A part of a column, its pattern over its colour."""
    of = {"x": x, "y": y, "width": width, "height": height}
    return element("rect", **of, class_=kind) + element("rect", **of, fill=f"url(#{name}-{kind})")


def _pattern(name: str, kind: str) -> Markup:
    """What tells a series from another without its colour: plain, slanted lines, or dots."""
    drawn = {
        "late": element("path", d="M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4", class_="hatch"),
        "missed": element("path", d="M0,0 l8,8 M8,0 l-8,8", class_="hatch"),
        "excused": element("circle", cx=4, cy=4, r=1.6, class_="dot"),
    }.get(kind)
    inside = (drawn,) if drawn is not None else ()
    return element(
        "defs", element("pattern", *inside, id=f"{name}-{kind}", width=8, height=8, patternUnits="userSpaceOnUse")
    )


def legend(series: Sequence[Series]) -> list[tuple[str, Markup]]:
    """Each series' name with a sample of its look."""
    found = []
    for each in series:
        name = f"legend-{each.kind}"
        sample = element(
            "svg", _pattern(name, each.kind), _block(name, each.kind, 0, 0, 18, 18), width=18, height=18,
            aria_hidden="true", class_="sample",
        )  # fmt: skip
        found.append((each.name, sample))
    return found
