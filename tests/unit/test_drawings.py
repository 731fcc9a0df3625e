"""The drawings of the review pages: every state has its place, every plot says in words what it shows."""

import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime

import pytest

from persistence.log import Entry
from states.decisions import DECISIONS, STATES, UNOPENED
from workflow.diagram import DECISION, edges
from workflow.review.path import PLACES, path_of
from workflow.review.plots import Series, bars, columns, scale

SVG = "{http://www.w3.org/2000/svg}"


def moved(*states: str) -> list[Entry]:
    """The log of a case that went through these states."""
    return [
        Entry("H-1", seq, "trigger", source, dest, date(2026, 3, 2), datetime(2026, 3, 2, tzinfo=UTC), "ann", None,
              "{}", "[]", None, None, "", "")
        for seq, (source, dest) in enumerate(zip((UNOPENED, *states), states, strict=False), 1)
    ]  # fmt: skip


def drawn(*states: str) -> ET.Element:
    return ET.fromstring(path_of(moved(*states)))  # noqa: S314  (our own)


def classes(root: ET.Element, name: str) -> list[str]:
    return [each.get("class", "") for each in root.iter(SVG + name)]


def test_every_state_has_a_place_of_its_own() -> None:
    assert set(PLACES) == {DECISION, *STATES} - {UNOPENED, *DECISIONS}
    assert len(set(PLACES.values())) == len(PLACES)


def test_a_path_marks_where_the_case_has_been_and_where_it_is() -> None:
    root = drawn("plan_refused", "letter_sent", "mediation_advised")
    marks = classes(root, "rect")
    assert (marks.count("state been"), marks.count("state here"), marks.count("badge")) == (2, 1, 2)
    assert [each.text for each in root.iter(SVG + "text") if each.get("class") == "badge-words"] == ["2", "3"]
    assert classes(root, "path").count("taken") == 2
    usual = {(s, d) for s, d, _ in edges(full=False) if PLACES[s][0] <= PLACES[d][0]}
    assert classes(root, "path").count("usual") == len(usual) - 2
    said = root.find(SVG + "desc")
    assert said is not None
    assert said.text == "The case went through: Plan refused, then Letter sent, then Mediation advised."


def test_a_way_that_was_gone_twice_bears_both_numbers() -> None:
    root = drawn(
        "plan_refused", "letter_sent", "mediation_advised", "mediation_declined", "mediation_requested",
        "mediation_declined", "mediation_requested",
    )  # fmt: skip
    badges = {each.text for each in root.iter(SVG + "text") if each.get("class") == "badge-words"}
    assert {"5, 7", "6"} <= badges


@pytest.mark.parametrize("states", [(), ("tomorrows",), ("decision_awaited", "closed"), ("plan_refused", "tomorrows")])
def test_a_path_is_drawn_of_any_log(states: tuple[str, ...]) -> None:
    assert drawn(*states).find(SVG + "title") is not None


@pytest.mark.parametrize("states", [("letter_sent", state) for state in PLACES if state != DECISION])
def test_nothing_is_drawn_outside_the_picture(states: tuple[str, str]) -> None:
    root = drawn("plan_refused", *states)
    _, _, width, height = map(float, str(root.get("viewBox")).split())
    for box in root.iter(SVG + "rect"):
        x, y, wide, high = (float(box.get(name, "")) for name in ("x", "y", "width", "height"))
        assert 0 <= x <= x + wide <= width
        assert 0 <= y <= y + high <= height


@pytest.mark.parametrize(
    ("most", "top", "step"),
    [(0, 1, 1), (1, 1, 1), (4, 4, 1), (5, 6, 2), (8, 8, 2), (9, 10, 5), (1539, 2000, 500), (24_615, 30_000, 10_000)],
)
def test_an_axis_ends_at_a_round_number(most: int, top: int, step: int) -> None:
    assert scale(most) == (top, step)


def test_columns_are_as_tall_as_their_numbers_and_told_apart_by_a_pattern() -> None:
    series = [Series("in time", "in_time", [2, 0]), Series("late", "late", [1, 4])]
    root = ET.fromstring(columns("duties", "Duties <&>", "Said.", ["Jan 2026", "Feb 2026"], series))  # noqa: S314
    heights = [(each.get("class"), float(each.get("height", ""))) for each in root.iter(SVG + "rect")]
    plain = [(kind, tall) for kind, tall in heights if kind]
    assert [kind for kind, _ in plain] == ["in_time", "late", "late"]
    assert plain[0][1] == pytest.approx(2 * plain[1][1], rel=0.02)
    assert plain[2][1] == pytest.approx(4 * plain[1][1], rel=0.02)
    patterns = {each.get("id"): len(each) for each in root.iter(SVG + "pattern")}
    assert patterns == {"duties-in_time": 0, "duties-late": 1}
    assert [each.text for each in root][:2] == ["Duties <&>", "Said."]


def test_bars_say_their_numbers_and_an_empty_plot_is_a_plot() -> None:
    root = ET.fromstring(bars("states", "Cases", "Said.", [("Closed", 24_615), ("Letter <sent>", 0)]))  # noqa: S314
    assert [each.text for each in root.iter(SVG + "text")] == ["Closed", "24,615", "Letter <sent>", "0"]
    widths = [float(each.get("width", "")) for each in root.iter(SVG + "rect")]
    assert (widths[0] > 100, widths[1]) == (True, 0)
    assert ET.fromstring(bars("states", "Cases", "None.", [])).tag == SVG + "svg"  # noqa: S314
    assert ET.fromstring(columns("empty", "None", "None.", [], [])).tag == SVG + "svg"  # noqa: S314
