"""Write states/bank_holidays.json anew, from the two libraries that keep it: `make bank-holidays`.

The published years come from govuk-bank-holidays (the list of gov.uk, as that package carries it), 2011 from
`holidays`, which alone goes back so far. The years after the last published one come from `holidays` as
*expected*: what the Banking and Financial Dealings Act 1971 and custom give, without any one-off day.
"""

import json
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path

import holidays
from govuk_bank_holidays.bank_holidays import BankHolidays

TARGET = Path(__file__).parent.parent / "states" / "bank_holidays.json"
FIRST_YEAR, EXPECTED_TO = 2011, 2060


def of_the_library(first: int, last: int) -> list[dict[str, str]]:
    """The weekdays that `holidays` lists for England (it lists weekend days too, which change nothing)."""
    days = holidays.country_holidays("GB", subdiv="ENG", years=range(first, last + 1))
    return [{"title": days[day], "date": day.isoformat()} for day in sorted(days) if day.weekday() < 5]


def main(captured: date) -> None:
    published = [
        {"title": event["title"], "date": event["date"].isoformat(), "notes": event["notes"]}
        for event in BankHolidays(locale="en", use_cached_holidays=True).get_holidays(
            division=BankHolidays.ENGLAND_AND_WALES
        )
    ]
    first, last = int(published[0]["date"][:4]), int(published[-1]["date"][:4])
    document = {
        "captured": captured.isoformat(),
        "from": [f"{name} {version(name)}" for name in ("govuk-bank-holidays", "holidays")],
        "published_years": [FIRST_YEAR, last],
        "england-and-wales": {
            "division": "england-and-wales",
            "events": of_the_library(FIRST_YEAR, first - 1) + published,
        },
        "expected": {"division": "england-and-wales", "events": of_the_library(last + 1, EXPECTED_TO)},
    }
    TARGET.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(date.fromisoformat(sys.argv[1]))
