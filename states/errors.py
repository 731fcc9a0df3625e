"""Every way in which Redress says no.

They are few, and each is named for what happened in the user's world. The docstring of each is its sentence;
what it is about is kept as attributes, so that a program can read what a person is told. The exit code of the
command line is part of the error, so that no second table can disagree with it.
"""

import inspect

from states.decisions import Role


class RedressError(Exception):
    """{why}"""

    exit_code = 3

    def __init__(self, why: str = "", **about: object) -> None:
        self.why = why
        self.about = about
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        shown = {name: _short(value) for name, value in self.about.items()}
        return inspect.cleandoc(type(self).__doc__ or "").format(why=self.why, **shown)

    def __getattr__(self, name: str) -> object:
        about = self.__dict__.get("about", {})
        if name in about:
            return about[name]
        raise AttributeError(name)


def _short(value: object) -> object:
    """What was typed, as a sentence can bear it; in quotes where it is empty, or has blanks round it."""
    if not isinstance(value, str):
        return value
    short = f"{value[:60]}…" if len(value) > 60 else value
    return short if value and value == value.strip() else repr(short)


class WrongWords(RedressError):
    """{why}"""

    exit_code = 2


class Refused(RedressError):
    """{why}"""


class TransitionRefused(Refused):
    """{reference}: {trigger} is refused in the state {state}: {why}"""


class FactRefused(Refused):
    """{fact}: {why}"""


class DuplicateReference(Refused):
    """There is already a case {reference}: open the new one under another reference, or advance this one."""


class NotPermitted(Refused):
    """{actor} may not do this: {why}"""


def not_permitted(trigger: str, reference: str, state: str, actor: str, role: Role, who_may: Role) -> NotPermitted:
    """The refusal of what is for another role: it names who asked, in which role, what of which case, and who may."""
    return NotPermitted(
        f"{trigger} of {reference} in the state {state} is for {who_may.words}, and {actor or 'who asks'} "
        f"{role.clause}; `redress roles` lists who may.",
        actor=actor or "whoever asks", role=role, trigger=trigger, reference=reference, state=state, who_may=who_may,
    )  # fmt: skip


class CannotReckon(Refused):
    """The date cannot be reckoned: {why}"""


class UnknownState(Refused):
    """{reference} is in a state that this version of Redress does not know ({state}): nothing was changed; \
use the version that wrote it, or a newer one."""


class CaseErased(Refused):
    """{reference} was erased, as the council's retention rule asks: nothing more can be written about it."""


class NoSuchCase(RedressError):
    """There is no case {reference}: check the reference, or list the cases with `redress worklist`."""

    exit_code = 4


class NotYetRecorded(NoSuchCase):
    """There was no case {reference} in the record on {day} yet: its first entry was recorded on {first}; give that \
day or a later one."""


class CaseChanged(RedressError):
    """{reference} was changed by somebody else meanwhile: look at it again with `redress show {reference}`, \
then repeat the command if it still applies."""

    exit_code = 5


class LogNotIntact(RedressError):
    """The log is not intact: case {case}, entry {seq}: {why}"""

    exit_code = 6


class RecordNotIntact(LogNotIntact):
    """The record is not intact: {why}."""


class NotPosted(RedressError):
    """The message could not be handed over: {why}"""


class DatabaseUnreachable(RedressError):
    """The database cannot be used: {why}"""

    exit_code = 7


class RefusedByDatabase(DatabaseUnreachable):
    """The database refused the change, and nothing was changed: {why}"""


class DefinitionFaulty(Exception):
    """The workflow or the timetable contradicts itself; each fault is a line.

    It is none of the others: it stops the import, so that nobody is told no by a broken table.
    """
