"""The shipped bank holidays against both libraries, and London's clocks."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone

import holidays
import pytest
from given import day
from govuk_bank_holidays.bank_holidays import BankHolidays

from states.calendar import at, end_of, england, london_day, read_calendar
from states.errors import CannotReckon

FIRST, GOVUK_FIRST, LAST, EXPECTED_TO = 2011, 2012, 2028, 2060


def weekdays(first: int, last: int) -> Iterator[date]:
    for ordinal in range(date(first, 1, 1).toordinal(), date(last, 12, 31).toordinal() + 1):
        if date.fromordinal(ordinal).weekday() < 5:
            yield date.fromordinal(ordinal)


def test_every_weekday_agrees_with_the_holidays_library() -> None:
    theirs = holidays.country_holidays("GB", subdiv="ENG", years=range(FIRST, LAST + 1))
    differ = [d.isoformat() for d in weekdays(FIRST, LAST) if england().is_working_day(d) is (d in theirs)]
    assert differ == []


def test_every_weekday_agrees_with_gov_uk() -> None:
    theirs = BankHolidays(locale="en", use_cached_holidays=True)
    division = BankHolidays.ENGLAND_AND_WALES
    differ = [
        d.isoformat()
        for d in weekdays(GOVUK_FIRST, LAST)
        if england().is_working_day(d) is not theirs.is_work_day(d, division=division)
    ]
    assert differ == []


def test_the_expected_years_are_those_of_the_holidays_library() -> None:
    theirs = holidays.country_holidays("GB", subdiv="ENG", years=range(LAST + 1, EXPECTED_TO + 1))
    differ = [d.isoformat() for d in weekdays(LAST + 1, EXPECTED_TO) if england().is_working_day(d) is (d in theirs)]
    assert differ == []


@pytest.mark.parametrize(
    "holiday",
    [
        "2011-04-29",  # a royal wedding
        "2012-06-04", "2012-06-05",  # the Diamond Jubilee, and the spring holiday moved to it
        "2020-05-08",  # VE Day, in place of 4 May
        "2022-06-02", "2022-06-03",  # the Platinum Jubilee, in place of 30 May
        "2022-09-19",  # the Queen's funeral
        "2023-05-08",  # the coronation
        "2026-04-03", "2026-04-06",  # Good Friday and Easter Monday
        "2026-08-31",  # the August holiday of England, not Scotland's
        "2026-12-25", "2026-12-28",  # Christmas Day; Boxing Day is a Saturday
        "2022-01-03", "2022-12-27",  # substitute days
    ],
)  # fmt: skip
def test_a_bank_holiday_is_no_working_day(holiday: str) -> None:
    assert not england().is_working_day(day(holiday))
    assert england().why_not_working(day(holiday))


@pytest.mark.parametrize(
    "working",
    [
        "2012-05-28",  # the spring holiday went to 4 June
        "2020-05-04",  # May Day went to 8 May
        "2022-05-30",  # the spring holiday went to 2 June
        "2023-05-09", "2022-09-20",
        "2026-01-02", "2026-03-17", "2026-07-13", "2026-08-03", "2026-11-30",  # Scotland's and Northern Ireland's
        "2026-12-24", "2026-12-29",
    ],
)  # fmt: skip
def test_a_day_that_only_looks_like_a_holiday_is_a_working_day(working: str) -> None:
    assert england().is_working_day(day(working))
    assert england().why_not_working(day(working)) is None


@pytest.mark.parametrize(("text", "why"), [("2026-03-07", "a Saturday"), ("2026-03-08", "a Sunday")])
def test_a_weekend_is_named(text: str, why: str) -> None:
    assert england().why_not_working(day(text)) == why


def test_the_last_published_year_carries_no_warning_and_the_next_does() -> None:
    assert england().published_to == LAST
    assert england().warning(date(LAST, 12, 31)) is None
    warning = england().warning(date(LAST + 1, 1, 1))
    assert warning is not None
    assert str(LAST) in warning
    assert "check" in warning


@pytest.mark.parametrize("text", ["2010-12-31", "2061-01-01", "2061-01-03", "1999-06-15"])
def test_a_day_outside_the_list_cannot_be_reckoned(text: str) -> None:
    with pytest.raises(CannotReckon, match=text[:4]):
        england().is_working_day(day(text))


def test_counting_past_the_end_of_the_list_is_refused_not_guessed() -> None:
    with pytest.raises(CannotReckon):
        england().next_working_day(day("2060-12-31"))
    with pytest.raises(CannotReckon):
        england().add_working_days(day("2060-12-20"), 20)


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2026-03-02", 0, "2026-03-02"),
        ("2026-03-02", 1, "2026-03-03"),
        ("2026-03-06", 1, "2026-03-09"),
        ("2026-03-07", 1, "2026-03-09"),
        ("2026-04-02", 2, "2026-04-08"),  # over Easter
        ("2022-06-01", 1, "2022-06-06"),  # over the Jubilee
        ("2026-12-23", 3, "2026-12-30"),  # law.md
    ],
)
def test_add_working_days(start: str, count: int, end: str) -> None:
    assert england().add_working_days(day(start), count) == day(end)


def test_the_version_is_the_day_of_capture() -> None:
    document = (
        '{"captured": "2030-01-02", "published_years": [2029, 2029],'
        ' "england-and-wales": {"events": [{"title": "A day", "date": "2029-05-08"}]},'
        ' "expected": {"events": [{"title": "Another", "date": "2030-05-06"}]}}'
    )
    calendar = read_calendar(document)
    assert calendar.version == "gov.uk 2030-01-02"
    assert (calendar.first_year, calendar.published_to, calendar.expected_to) == (2029, 2029, 2030)
    assert calendar.why_not_working(day("2029-05-08")) == "A day"
    assert calendar.why_not_working(day("2030-05-06")) == "Another"


# --- London's clocks: forward on 29 March 2026, back on 25 October 2026 ----------------------------------------------


@pytest.mark.parametrize(
    ("text", "five", "over"),
    [
        ("2026-03-28", "2026-03-28T17:00:00+00:00", "2026-03-29T00:00:00+00:00"),
        ("2026-03-29", "2026-03-29T17:00:00+01:00", "2026-03-30T00:00:00+01:00"),
        ("2026-07-01", "2026-07-01T17:00:00+01:00", "2026-07-02T00:00:00+01:00"),
        ("2026-10-24", "2026-10-24T17:00:00+01:00", "2026-10-25T00:00:00+01:00"),
        ("2026-10-25", "2026-10-25T17:00:00+00:00", "2026-10-26T00:00:00+00:00"),
        ("2026-12-31", "2026-12-31T17:00:00+00:00", "2027-01-01T00:00:00+00:00"),
    ],
)
def test_five_o_clock_and_the_end_of_the_day(text: str, five: str, over: str) -> None:
    assert at(day(text), time(17, 0)).isoformat() == five
    assert end_of(day(text)).isoformat() == over


@pytest.mark.parametrize(("text", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)])
def test_how_long_a_day_is(text: str, hours: int) -> None:
    before, after = (end_of(day(text) - timedelta(days=n)).astimezone(UTC) for n in (1, 0))
    assert after - before == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("instant", "in_london"),
    [
        (datetime(2026, 3, 28, 23, 59, tzinfo=UTC), "2026-03-28"),
        (datetime(2026, 3, 29, 22, 59, tzinfo=UTC), "2026-03-29"),
        (datetime(2026, 3, 29, 23, 0, tzinfo=UTC), "2026-03-30"),
        (datetime(2026, 10, 24, 23, 0, tzinfo=UTC), "2026-10-25"),
        (datetime(2026, 10, 25, 23, 59, tzinfo=UTC), "2026-10-25"),
        (datetime(2026, 10, 26, 0, 0, tzinfo=UTC), "2026-10-26"),
        (datetime(2026, 7, 1, 3, 0, tzinfo=timezone(timedelta(hours=9))), "2026-06-30"),
        (datetime(2026, 6, 30, 20, 0, tzinfo=timezone(timedelta(hours=-5))), "2026-07-01"),
    ],
)
def test_the_day_that_it_is_in_london(instant: datetime, in_london: str) -> None:
    assert london_day(instant) == day(in_london)
