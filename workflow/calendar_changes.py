"""Changes of the calendar and of the rules: first a dry run, then logged changes of each case whose dates move."""

from datetime import date
from typing import Any

from persistence.meta import change_holiday, reckoner_of
from persistence.office import write_act
from states.definition import version
from states.errors import WrongWords
from states.reckoner import Reckoner
from workflow.permission import check_act
from workflow.rereckon import Moved, find_moved, move_all
from workflow.session import Moment, Session


def list_holidays(session: Session) -> dict[str, Any]:
    """The bank holidays of this database's calendar, and up to which year they are published."""
    with session.moment() as moment:
        calendar = moment.reckoner.calendar
    return {
        "calendar": calendar.version,
        "published_to": calendar.published_to,
        "holidays": [
            {"date": day.isoformat(), "title": title, "published": day.year <= calendar.published_to}
            for day, title in sorted(calendar.holidays.items())
        ],
    }


def change_calendar(session: Session, day: date, title: str | None, *, apply: bool) -> dict[str, Any]:
    """Add a holiday (with its title) or remove one (None), and say, or do, what that moves.

    Raises WrongWords for a day that stands already as is asked, or that no list of ours could hold; NotPermitted where
    it is to be done by who may not.
    """
    with session.moment(writing=True, alone=apply) as moment:
        calendar = moment.reckoner.calendar
        if (title is not None) == (day in calendar.holidays):
            raise WrongWords(f"{day} is {'already' if title is not None else 'not'} a bank holiday in this calendar.")
        if not calendar.first_year <= day.year <= calendar.expected_to:
            raise WrongWords(f"{day} is outside the calendar, {calendar.first_year} to {calendar.expected_to}.")
        if apply:
            actor = session.acting(moment)
            check_act(actor, "calendar")
            write_act(
                moment.unit.connection, moment.now, actor.name, "set_holiday", day.isoformat(),
                was=calendar.holidays.get(day), became=title,
            )  # fmt: skip
        change_holiday(moment.unit.connection, day, title)
        note = f"{'Added' if title is not None else 'Removed'} the bank holiday of {day}"
        answer = _say_or_do(session, moment, reckoner_of(moment.unit.connection), note, apply=apply)
    return {"holiday": day.isoformat(), "added": title is not None, **answer}


def migrate_rules(session: Session, *, apply: bool) -> dict[str, Any]:
    """Bring every open case to the dates that this version of the rules and the calendar give, or say which move.

    Raises NotPermitted where it is to be done by who may not.
    """
    with session.moment(writing=True, alone=apply) as moment:
        note = f"Moved to {version(moment.reckoner.calendar)}"
        return _say_or_do(session, moment, moment.reckoner, note, apply=apply)


def _say_or_do(session: Session, moment: Moment, reckoner: Reckoner, note: str, *, apply: bool) -> dict[str, Any]:
    """What moves; committed only where it is to be applied, with the change that moves it."""
    moved: list[Moved] = list(find_moved(moment, reckoner))
    changed = 0
    if apply:
        actor = session.acting(moment)
        check_act(actor, "calendar")
        changed = move_all(moment, moved, reckoner, actor, note)
        moment.unit.commit()
    return {
        "definition": version(reckoner.calendar),
        "applied": apply,
        "cases_changed": changed,
        "moved": [each.as_data() for each in moved if not each.for_a_person],
        "for_a_person": [each.as_data() for each in moved if each.for_a_person],
    }
