"""The commands about who may do what: roles, the policy, and what waits for a second person."""

from typing import Annotated

import typer

from states.errors import WrongWords
from workflow.session import Session
from workflow.words import CHANGES, UPKEEP, count, show_json, warn

office = typer.Typer(rich_markup_mode=None)
roles = typer.Typer(help="Who may do what.", invoke_without_command=True, rich_markup_mode=None)
office.add_typer(roles, name="roles", rich_help_panel=UPKEEP)

Actor = Annotated[str, typer.Argument(metavar="NAME", help="A login user; on PostgreSQL a database user.")]


@roles.callback()
def list_roles(context: typer.Context) -> None:
    """Who may do what: without a command, who has which role."""
    if context.invoked_subcommand is not None:
        return
    from workflow.office import listed

    session: Session = context.obj
    with session.moment() as moment:
        found = listed(moment)
    if session.json:
        show_json(found)
        return
    if not found["on"]:
        print("No roles are given: whoever can open the database may do all that a manager may.")
    for each in found["given"]:
        print(f"{each['actor']}: {each['role']}")
    if found["owner"]:
        print(f"{found['owner']}: owns the database, and may do everything in it")
    print(f"You are {found['you']['actor']}: {found['you']['role']}.")


@roles.command("give")
def give_role(context: typer.Context, name: Actor, role: Annotated[str, typer.Argument(metavar="ROLE")]) -> None:
    """Give somebody a role in the place of any other: caseworker, manager, auditor or system."""
    from workflow.office import give, role_named

    session: Session = context.obj
    wanted = role_named(role)
    with session.moment(writing=True) as moment:
        was = give(moment, name, wanted)
        moment.unit.commit()
    if session.json:
        show_json({"actor": name, "role": wanted.value, "was": was and was.value})
    else:
        print(f"{name}: {wanted.value}{f', was {was.value}' if was else ''}.")


@roles.command("take")
def take_role(context: typer.Context, name: Actor) -> None:
    """Take somebody's role away."""
    from workflow.office import take

    session: Session = context.obj
    with session.moment(writing=True) as moment:
        was = take(moment, name)
        moment.unit.commit()
    if session.json:
        show_json({"actor": name, "role": None, "was": was.value})
    else:
        print(f"{name}: no role, was {was.value}.")


@roles.command("setup")
def set_up_roles(context: typer.Context) -> None:
    """PostgreSQL only: make the database's own roles, so that the database itself refuses."""
    from workflow.office import set_up

    session: Session = context.obj
    with session.moment(writing=True) as moment:
        there = set_up(moment)
        moment.unit.commit()
    if session.json:
        show_json({"done": True, "there_already": there})
    else:
        print(f"The database's roles are set up{', as they were' if there else ''}; give them with redress roles give.")


@office.command(rich_help_panel=UPKEEP)
def policy(
    context: typer.Context,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A manager's; may be repeated.")
    ] = None,
) -> None:
    """The council's own choices, which the law leaves open: see them, or set them."""
    from workflow.office import policy_data, policy_words, set_policy

    session: Session = context.obj
    said: dict[str, str] = {}
    for setting in settings or ():
        name, equals, value = setting.partition("=")
        if not equals:
            raise WrongWords(f"--set takes NAME=VALUE, such as second-person=on, and not {setting!r}.")
        said[name] = value
    with session.moment(alone=bool(said)) as moment:
        stands = set_policy(moment, said) if said else moment.meta.policy
        moment.unit.commit()
    if any(name.startswith("post") for name in said):
        warn("the dates that are kept stay until `redress rules migrate --apply`; without --apply it says what moves.")
    if session.json:
        show_json(policy_data(stands))
        return
    for line in policy_words(stands):
        print(line)


@office.command(rich_help_panel=CHANGES)
def confirm(
    context: typer.Context,
    reference: Annotated[str | None, typer.Argument(metavar="[REF]", help="Without it: what waits.")] = None,
    drop: Annotated[bool, typer.Option("--drop", help="Let it be forgotten instead.")] = False,
) -> None:
    """As the second person, make the change that waits in a case; without REF, list what waits."""
    session: Session = context.obj
    if reference is None:
        _list_waiting(session)
        return
    from workflow.confirming import confirm as made
    from workflow.confirming import drop as dropped
    from workflow.refusing import kept_if_refused
    from workflow.views import read_case

    with kept_if_refused(session, "confirm", reference, "confirm"), session.moment(writing=True) as moment:
        if drop:
            words = dropped(moment, reference, session.acting(moment))
        else:
            entries = made(moment, reference, session.acting(moment)).entries
            words = ", ".join(f"{entry.trigger} (version {entry.seq})" for entry in entries)
        view = read_case(moment, reference)
        moment.unit.commit()
    if session.json:
        show_json(view.as_data())
    else:
        print(f"{reference}: {'dropped' if drop else 'confirmed'}: {words}.")


def _list_waiting(session: Session) -> None:
    from persistence.proposals import waiting

    with session.moment() as moment:
        found = waiting(moment.unit.connection)
    if session.json:
        show_json([{"reference": w.reference, "proposed_by": w.actor, "stale": w.stale} for w in found])
        return
    print(f"{count(len(found), 'change')} for a second person{':' if found else '.'}")
    for each in found:
        print(f"{each.reference}: proposed by {each.actor}{', and the case has changed since' if each.stale else ''}")
