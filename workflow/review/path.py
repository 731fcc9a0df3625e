"""The path of a case on the state diagram: the usual road in grey, the way that the case went drawn over it."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from markupsafe import Markup

from persistence.log import Entry
from states.decisions import DECISIONS, UNOPENED
from workflow.diagram import DECISION, drawn_as, edges
from workflow.review.drawing import element, picture, words_at
from workflow.review.rendering import in_short

# Where each state is drawn: its column and its row, along the road from the decision to the end.
PLACES: Mapping[str, tuple[int, int]] = {
    "decision_awaited": (0, 0),
    DECISION: (0, 1),
    "letter_sent": (1, 1),
    "mediation_advised": (2, 1),
    "mediation_declined": (3, 0),
    "mediation_requested": (3, 2),
    "mediation_concluded": (4, 2),
    "agreement_reached": (5, 2),
    "certificate_issued": (5, 1),
    "appeal_lodged": (6, 1),
    "appeal_expired": (6, 3),
    "order_made": (7, 0),
    "appeal_conceded": (7, 2),
    "appeal_dismissed": (7, 3),
    "appeal_withdrawn": (7, 4),
    "closed": (8, 1),
}
ACROSS, DOWN, WIDE, HIGH, EDGE = 134.0, 84.0, 108.0, 44.0, 14.0
BOW = 52.0

Point = tuple[float, float]
# A line from one point to another, bent by the two between.
Curve = tuple[Point, Point, Point, Point]
# An entry's number, the state that it left, and the one to which it led.
Move = tuple[int, str, str]


def path_of(entries: Iterable[Entry]) -> Markup:
    """The drawing for a case's log, oldest entry first."""
    return _drawn(tuple((entry.seq, entry.source, entry.dest) for entry in entries if entry.source != entry.dest))


@lru_cache(maxsize=512)
def _drawn(moves: tuple[Move, ...]) -> Markup:
    been = [dest for _, _, dest in moves]
    names = {drawn_as(state): in_short(state) for state in been}
    shown = {state: place for state, place in PLACES.items() if _is_usual(state) or state in names}
    corners = _corners(shown)
    parts = [_arrowheads()]
    taken = {(drawn_as(source), drawn_as(dest)) for _, source, dest in moves}
    for source, dest in dict.fromkeys((source, dest) for source, dest, _ in edges(full=False)):
        if (source, dest) not in taken and shown[source][0] <= shown[dest][0]:
            parts.append(_line(_curve(source, dest, shown, corners), "usual"))
    badges = []
    for (source, dest), numbers in _numbered(moves).items():
        curve = _curve(source, dest, shown, corners)
        parts.append(_line(curve, "taken"))
        badges.append(_badge(curve, ", ".join(map(str, numbers))))
    here = drawn_as(been[-1]) if been else ""
    parts += [_box(state, corners[state], names.get(state, in_short(state)), here, names) for state in shown]
    width = max(x for x, _ in corners.values()) + WIDE + EDGE
    height = max(y for _, y in corners.values()) + HIGH + EDGE
    said = ", then ".join(in_short(state) for state in been)
    description = f"The case went through: {said}." if said else "The case has not moved yet."
    return picture("path", width, height, "The way this case went", description, [*parts, *badges])


def _is_usual(state: str) -> bool:
    return any(state in edge[:2] for edge in edges(full=False))


def _corners(shown: Mapping[str, tuple[int, int]]) -> dict[str, Point]:
    """The upper left corner of each box; columns and rows without a box take no room."""
    columns, rows = (sorted({place[way] for place in shown.values()}) for way in (0, 1))
    return {
        state: (EDGE + columns.index(column) * ACROSS, EDGE + rows.index(row) * DOWN)
        for state, (column, row) in shown.items()
    }


def _numbered(moves: Sequence[Move]) -> dict[tuple[str, str], list[int]]:
    """The moves between states that are drawn, with the numbers of their entries."""
    found: dict[tuple[str, str], list[int]] = {}
    for seq, source, dest in moves:
        if UNOPENED not in (source, dest) and source in PLACES.keys() | DECISIONS.keys() and drawn_as(dest) in PLACES:
            found.setdefault((drawn_as(source), drawn_as(dest)), []).append(seq)
    return found


def _curve(source: str, dest: str, shown: Mapping[str, tuple[int, int]], corners: Mapping[str, Point]) -> Curve:
    """From the side of one box to the side of the other; over the boxes between, where they stand in one row."""
    (x1, y1), (x2, y2) = corners[source], corners[dest]
    (column1, row1), (column2, row2) = shown[source], shown[dest]
    if column1 == column2:
        way, middle = (1, 10.0) if row1 < row2 else (-1, -10.0)
        start = (x1 + WIDE / 2 + middle, y1 + (HIGH if way > 0 else 0))
        end = (x2 + WIDE / 2 + middle, y2 + (0 if way > 0 else HIGH))
        return start, start, end, end
    if row1 == row2 and (corners[dest][0] - corners[source][0]) > 1.5 * ACROSS:
        start, end = (x1 + WIDE / 2 + 20, y1), (x2 + WIDE / 2 - 20, y2)
        return start, (start[0] + 40, y1 - BOW), (end[0] - 40, y2 - BOW), end
    if column1 + 1 < column2 and row1 < row2:  # down first, and then along a row of its own
        start, end = (x1 + WIDE / 2, y1 + HIGH), (x2, y2 + HIGH / 2)
        return start, (start[0], end[1]), (start[0] + ACROSS / 2, end[1]), end
    if column1 < column2:
        start, end = (x1 + WIDE, y1 + HIGH / 2), (x2, y2 + HIGH / 2)
        bend = (end[0] - start[0]) / 2
        return start, (start[0] + bend, start[1]), (end[0] - bend, end[1]), end
    start, end = (x1, y1 + HIGH / 2), (x2 + WIDE / 2, y2 + (HIGH if row2 < row1 else 0))
    away = BOW if row2 < row1 else -BOW
    return start, (start[0] - BOW, start[1]), (end[0], end[1] + away), end


def _line(curve: Curve, kind: str) -> Markup:
    (a, b), (c, d), (e, f), (g, h) = curve
    way = f"M{a:.0f},{b:.0f} C{c:.0f},{d:.0f} {e:.0f},{f:.0f} {g:.0f},{h:.0f}"
    return element("path", d=way, class_=kind, marker_end=f"url(#head-{kind})")


def _badge(curve: Curve, numbers: str) -> Markup:
    """The entries' numbers in the middle of a line."""
    x, y = (sum(weight * point[way] for weight, point in zip((1, 3, 3, 1), curve, strict=True)) / 8 for way in (0, 1))
    wide = 12.0 + 8.0 * len(numbers)
    ring = element("rect", x=x - wide / 2, y=y - 10, width=wide, height=20.0, rx=10, class_="badge")
    return ring + words_at(numbers, x, y + 4.5, "badge-words", "middle")


def _box(state: str, corner: Point, name: str, here: str, been: Mapping[str, str]) -> Markup:
    x, y = corner
    kind = "here" if state == here else "been" if state in been else "other"
    box = element("rect", x=x, y=y, width=WIDE, height=HIGH, rx=6, class_=f"state {kind}")
    first, second = _two_lines(name)
    middle = x + WIDE / 2
    if not second:
        return box + words_at(first, middle, y + HIGH / 2 + 4.5, f"name {kind}-words", "middle")
    return (
        box
        + words_at(first, middle, y + HIGH / 2 - 3, f"name {kind}-words", "middle")
        + words_at(second, middle, y + HIGH / 2 + 13, f"name {kind}-words", "middle")
    )


def _two_lines(name: str) -> tuple[str, str]:
    if len(name) <= 13:
        return name, ""
    first, _, second = name.partition(" ")
    return first, second


def _arrowheads() -> Markup:
    return element(
        "defs",
        *(
            element(
                "marker",
                element("path", d="M0,0 L10,5 L0,10 z", class_=f"head-{kind}"),
                id=f"head-{kind}", viewBox="0 0 10 10", refX=9, refY=5, markerWidth=size, markerHeight=size,
                orient="auto-start-reverse", markerUnits="userSpaceOnUse",
            )
            for kind, size in (("usual", 8), ("taken", 12))
        ),
    )  # fmt: skip
