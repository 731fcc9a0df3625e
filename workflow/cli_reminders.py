"""`redress reminders`: what waits in the outbox, what is stuck there and why; trying it again, and a test message."""

from typing import Annotated, Any

import typer

from states.calendar import london_day
from states.errors import WrongWords
from workflow.session import Moment, Session
from workflow.words import UPKEEP, count, known_name, show_json, show_page, warn

reminding = typer.Typer(rich_markup_mode=None)
SHOWN = 50


@reminding.command(rich_help_panel=UPKEEP)
def reminders(
    context: typer.Context,
    retry: Annotated[bool, typer.Option("--retry", help="Let what is stuck be tried again.")] = False,
    test: Annotated[
        str | None, typer.Option("--test", metavar="LOGIN", help="Send this officer a test message now.")
    ] = None,
) -> None:
    """What officers are reminded of, and what waits to be sent. The daemon sends; the policy says what, and when."""
    session: Session = context.obj
    if retry and test is not None:
        raise WrongWords("--retry and --test are two things: ask for one of them.")
    if test is not None:
        _send_a_test(session, known_name(test, "--test"))
        return
    if retry:
        _try_again(session)
        return
    with session.moment() as moment:
        found = _found(moment)
    if session.json:
        show_json(found)
    else:
        from workflow.pages import reminders_page

        show_page(reminders_page(found))


def _found(moment: Moment) -> dict[str, Any]:
    from persistence.outbox import listed, outbox
    from persistence.reminders import STUCK, WAITING
    from workflow.reminding import check_settings

    connection, plan = moment.unit.connection, moment.meta.policy.reminders
    stands = outbox(connection, london_day(moment.now))
    wrong = check_settings() if plan else None
    return {
        "plan": plan or None,
        "settings": wrong or "in order",
        "waiting": stands.waiting, "due": stands.due, "sent": stands.sent, "stuck": stands.stuck,
        "next": [
            {
                "reference": each.reference, "deadline": each.deadline, "due_on": each.due_on.isoformat(),
                "days_before": each.days_before, "send_on": each.send_on.isoformat(), "status": each.status,
                "attempts": each.attempts, "why": each.why,
            }
            for each in (*listed(connection, STUCK, SHOWN), *listed(connection, WAITING, SHOWN))
        ],
    }  # fmt: skip


def _try_again(session: Session) -> None:
    from persistence.outbox import try_again
    from workflow.permission import check_act

    with session.moment(writing=True) as moment:
        check_act(session.acting(moment), "retry")
        freed = try_again(moment.unit.connection)
        moment.unit.commit()
    if session.json:
        show_json({"retried": freed})
    else:
        print(f"{count(freed, 'reminder')} will be tried again.")


def _send_a_test(session: Session, officer: str) -> None:
    """A message that is no reminder, by the way that reminders go, so that a person sees whether it comes."""
    import secrets

    from workflow.permission import check_act
    from workflow.posting import Message, post_of
    from workflow.settings import read_settings

    with session.moment() as moment:
        check_act(session.acting(moment), "retry")
        now = moment.now
    settings = read_settings().reminders
    if settings is None:
        raise WrongWords("the settings have no [reminders]: docs/how-to/remind-officers.md says how.")
    to = settings.address_of(officer, None)
    if to is None:
        raise WrongWords(f"no address is known for {officer}: give one in [reminders.people], or a default.")
    text = "This is a test of Redress's reminders. Nothing needs to be done."
    with post_of(settings) as post:
        post.send(Message(secrets.token_hex(20), to, "Redress: a test of the reminders", text, now))
    if session.json:
        show_json({"sent": True, "officer": officer})
    else:
        print(f"Handed over for {officer}.")
        if officer not in settings.people:
            warn(f"{officer} has no address in [reminders.people], so it went to the default.")
