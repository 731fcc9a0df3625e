"""How time is counted: tables of dates for C1 and C5 to C8, and what must hold for every date."""

from datetime import date, timedelta

import pytest
from given import day
from hypothesis import given
from hypothesis import strategies as st

from states.calendar import england
from states.counting import (
    Step,
    add_days,
    add_months,
    add_tribunal_working_days,
    is_christmas_or_august,
    last_friday_of_june,
    roll_start_of_proceedings,
    words,
)

DAYS = st.dates(date(2012, 1, 1), date(2058, 12, 31))


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-01-02", 2, "2026-03-02"),  # not 60 days
        ("2025-12-31", 2, "2026-02-28"),  # Dodds v Walker: no such day, so the month's last
        ("2027-12-31", 2, "2028-02-29"),
        ("2027-12-29", 2, "2028-02-29"),
        ("2026-12-29", 2, "2027-02-28"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2027-02-28", 2, "2027-04-28"),  # not the end of the month
        ("2028-02-29", 2, "2028-04-29"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2028-02-29", 1, "2028-03-29"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2026-03-31", 1, "2026-04-30"),
        ("2026-04-30", 1, "2026-05-30"),
        ("2026-06-30", 1, "2026-07-30"),
        ("2026-07-01", 1, "2026-08-01"),
        ("2026-10-31", 2, "2026-12-31"),
        ("2026-11-01", 2, "2027-01-01"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-07-31", 2, "2026-09-30"),
    ],
)
def test_c1_months(start: str, months: int, end: str) -> None:
    assert add_months(day(start), months) == day(end)


def test_c1_and_c2_the_day_of_the_event_is_not_counted() -> None:
    assert add_days(day("2026-06-15"), 42) == day("2026-07-27")
    assert add_days(day("2026-07-24"), 35) == day("2026-08-28")
    assert add_days(day("2026-02-28"), 1) == day("2026-03-01")


@pytest.mark.parametrize(
    ("end", "kept"),
    [
        ("2026-03-02", "2026-03-02"),  # a working day stays
        ("2026-03-07", "2026-03-09"),
        ("2026-03-08", "2026-03-09"),
        ("2026-04-03", "2026-04-07"),  # Good Friday
        ("2026-04-05", "2026-04-07"),  # Easter Sunday
        ("2026-04-06", "2026-04-07"),  # Easter Monday
        ("2020-05-04", "2020-05-04"),  # May Day went to VE Day
        ("2020-05-08", "2020-05-11"),
        ("2022-05-30", "2022-05-30"),  # the spring holiday went to the Jubilee
        ("2022-06-02", "2022-06-06"),
        ("2022-06-03", "2022-06-06"),
        ("2022-09-19", "2022-09-20"),
        ("2023-05-08", "2023-05-09"),
        ("2022-01-02", "2022-01-04"),  # a Sunday; 3 January is a substitute day
        ("2026-09-20", "2026-09-21"),
    ],
)
def test_c5_the_next_working_day(end: str, kept: str) -> None:
    assert roll_start_of_proceedings(day(end), england()) == day(kept)


@pytest.mark.parametrize(
    ("end", "kept"),
    [
        ("2026-07-31", "2026-07-31"),  # the last day that is not in August
        ("2026-08-01", "2026-09-01"),
        ("2026-08-03", "2026-09-01"),
        ("2026-08-20", "2026-09-01"),
        ("2026-08-31", "2026-09-01"),
        ("2024-08-31", "2024-09-02"),  # 31 August and 1 September are a weekend
        ("2024-08-30", "2024-09-02"),
        ("2026-09-01", "2026-09-01"),
        ("2025-12-24", "2025-12-24"),  # the last day before
        ("2025-12-25", "2026-01-02"),
        ("2025-12-29", "2026-01-02"),
        ("2025-12-31", "2026-01-02"),
        ("2026-01-01", "2026-01-02"),
        ("2026-01-02", "2026-01-02"),
        ("2026-12-31", "2027-01-04"),  # Friday 1 January, then a weekend
        ("2027-01-01", "2027-01-04"),
        ("2022-01-01", "2022-01-04"),  # a Saturday: Monday is its substitute
        ("2021-12-25", "2022-01-04"),
    ],
)
def test_c6_august_and_christmas(end: str, kept: str) -> None:
    assert roll_start_of_proceedings(day(end), england()) == day(kept)


@pytest.mark.parametrize(
    ("end", "kept"),
    [
        ("2027-07-31", "2027-08-02"),  # a Saturday
        ("2021-07-31", "2021-08-02"),
        ("2022-07-31", "2022-08-01"),  # a Sunday
        ("2022-12-24", "2022-12-28"),  # a Saturday; 26 and 27 December are holidays
        ("2016-12-24", "2016-12-28"),
        ("2023-12-24", "2023-12-27"),  # a Sunday
    ],
)
def test_c8_the_end_is_looked_at_once(end: str, kept: str) -> None:
    trail: list[Step] = []
    assert roll_start_of_proceedings(day(end), england(), trail) == day(kept)
    assert "r.12(3)(a) is not reached" in trail[-1].text
    assert [step.source for step in trail] == [
        "HESC Rules 2008 r.12(2)",
        "HESC Rules 2008 r.12(2), (3)(a): our reading",
    ]


@pytest.mark.parametrize(
    ("end", "source"),
    [
        ("2026-08-20", "HESC Rules 2008 r.12(3)(a)"),
        ("2026-12-31", "HESC Rules 2008 r.12(3)(a)"),
        ("2026-04-03", "HESC Rules 2008 r.12(2)"),
        ("2026-03-02", "HESC Rules 2008 r.12(2)"),
    ],
)
def test_the_trail_tells_the_rule_that_was_used(end: str, source: str) -> None:
    trail: list[Step] = []
    kept = roll_start_of_proceedings(day(end), england(), trail)
    assert [(step.day, step.source) for step in trail] == [(kept, source)]
    assert words(day(end)) in trail[0].text


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2026-07-20", 30, "2026-09-29"),  # law.md
        ("2026-12-01", 30, "2027-01-20"),  # law.md
        ("2026-07-30", 1, "2026-07-31"),
        ("2026-07-30", 2, "2026-09-01"),
        ("2026-07-31", 1, "2026-09-01"),
        ("2026-08-15", 1, "2026-09-01"),
        ("2026-08-31", 1, "2026-09-01"),
        ("2026-12-23", 1, "2026-12-24"),
        ("2026-12-23", 2, "2027-01-04"),
        ("2025-12-24", 1, "2026-01-02"),
        ("2025-12-28", 1, "2026-01-02"),
        ("2026-01-01", 1, "2026-01-02"),
        ("2026-03-02", 30, "2026-04-15"),  # over Easter
        ("2022-06-01", 1, "2022-06-06"),
    ],
)
def test_c7_august_and_christmas_are_not_counted(start: str, count: int, end: str) -> None:
    assert add_tribunal_working_days(day(start), count, england()) == day(end)


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("2026-07-31", False), ("2026-08-01", True), ("2026-08-31", True), ("2026-09-01", False),
        ("2026-12-24", False), ("2026-12-25", True), ("2026-12-31", True), ("2026-01-01", True), ("2026-01-02", False),
        ("2026-11-30", False), ("2026-01-25", False),
    ],
)  # fmt: skip
def test_the_days_of_r_12_3(text: str, inside: bool) -> None:
    assert is_christmas_or_august(day(text)) is inside


@pytest.mark.parametrize(
    ("year", "friday"),
    [
        (2023, "2023-06-30"), (2024, "2024-06-28"), (2025, "2025-06-27"), (2026, "2026-06-26"), (2027, "2027-06-25"),
        (2028, "2028-06-30"), (2029, "2029-06-29"), (2034, "2034-06-30"),
    ],
)  # fmt: skip
def test_the_last_friday_of_june(year: int, friday: str) -> None:
    assert last_friday_of_june(year) == day(friday)


# --- for every date ----------------------------------------------------------------------------------------------


@given(DAYS)
def test_a_time_is_never_kept_before_it_ends_and_always_on_a_working_day(end: date) -> None:
    kept = roll_start_of_proceedings(end, england())
    assert kept >= end
    assert england().is_working_day(kept)


@given(DAYS)
def test_no_time_that_ends_in_august_or_at_christmas_is_kept_there(end: date) -> None:
    if is_christmas_or_august(end):
        assert not is_christmas_or_august(roll_start_of_proceedings(end, england()))


@given(DAYS)
def test_a_time_that_ends_on_a_plain_working_day_is_not_moved(end: date) -> None:
    if england().is_working_day(end) and not is_christmas_or_august(end):
        assert roll_start_of_proceedings(end, england()) == end


@given(DAYS, st.integers(0, 400))
def test_a_later_end_is_never_kept_earlier(end: date, later: int) -> None:
    after = min(end + timedelta(days=later), date(2059, 12, 1))
    assert roll_start_of_proceedings(end, england()) <= roll_start_of_proceedings(after, england())


@given(DAYS, st.integers(0, 40), st.integers(0, 14))
def test_months_run_on_with_their_start(start: date, later: int, months: int) -> None:
    end = add_months(start, months)
    assert end <= add_months(start + timedelta(days=later), months)
    assert (end.year - start.year) * 12 + end.month - start.month == months
    assert end.day == start.day or (end.day < start.day and (end + timedelta(days=1)).day == 1)


@given(DAYS, st.integers(1, 40))
def test_the_tribunal_s_working_days_are_counted_one_by_one(start: date, count: int) -> None:
    end = add_tribunal_working_days(start, count, england())
    between = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
    counted = [d for d in between if england().is_working_day(d) and not is_christmas_or_august(d)]
    assert len(counted) == count
    assert counted[-1] == end
