"""Command lines, made up from the commands that there are: a new command is tried without a word being written for it.

A line has a command's own arguments and options, each with a value that may be right or nasty, some left out, some
twice, with others between them, in another order. A `Random` chooses: one of Hypothesis, which makes a failing line
short, or one with a seed.
"""

import json
import re
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any

import workflow.cli
from states.decisions import DECISIONS, STATES
from states.facts import FACTS, Type
from states.rules import RULES
from states.table import TRIGGERS
from tests.acceptance.command import run_here as _run_here  # noqa: F401  (that module makes the parser's tree)
from tests.fuzz import corpus

# What a command needs so as to end, and what is left out since it would change more than a database.
ALWAYS = {("daemon",): ["--once"]}
# It serves pages until it is stopped; tests/acceptance/test_review_*.py ask it bad questions.
ENDLESS = {("review",)}
# Drawing a picture takes a second or more, so it is seldom asked for.
SELDOM = {"--svg": 0.01}
NEVER = {"--debug", "--install-completion", "--show-completion", "--database", "--as-at"}
# An argument or option that names a file is given names of the corpus alone, so that nothing else is overwritten.
A_FILE = re.compile(r"file|path|folder|director|csv\b|\bout|against|\bkey|\bto\b", re.IGNORECASE)


@dataclass(frozen=True)
class Parameter:
    """An argument (without an option's name) or an option of a command."""

    name: str
    option: str | None
    is_flag: bool
    metavar: str
    required: bool
    many: bool


@dataclass(frozen=True)
class Command:
    """A command by its words, such as ("audit", "log"), and what it takes."""

    words: tuple[str, ...]
    parameters: list[Parameter] = field(default_factory=list)


@cache
def commands() -> list[Command]:
    """Every command of the application, found in the parser itself."""
    found = [command for command in _below((), workflow.cli.app) if command.words not in ENDLESS]
    return sorted(found, key=lambda command: command.words)


def _below(words: tuple[str, ...], node: Any) -> list[Command]:
    if hasattr(node, "commands"):
        return [each for name, child in node.commands.items() for each in _below((*words, name), child)]
    return [Command(words, [found for each in node.params if (found := _parameter(each))])]


@cache
def _taking_a_value() -> frozenset[str]:
    own = {each.option for command in commands() for each in command.parameters if each.option and not each.is_flag}
    return frozenset(own | {"--database", "--as-at", "--actor"})


def asks_for_json(words: list[str]) -> bool:
    """Whether --json stands there as an option, and not as the value of another or behind the end of the options."""
    return any(
        word == "--json" and "--" not in words[:place] and (place == 0 or words[place - 1] not in _taking_a_value())
        for place, word in enumerate(words)
    )


@cache
def _changing() -> list[Command]:
    return [each for each in commands() if each.words in (("open",), ("advance",), ("record",))] * 3


def _parameter(given: Any) -> Parameter | None:
    option = given.opts[0] if given.param_type_name == "option" else None
    if option in NEVER or "--help" in given.opts:
        return None
    is_flag = bool(getattr(given, "is_flag", False))
    many = given.nargs == -1 or bool(getattr(given, "multiple", False))
    annotation = given.type_descriptor.annotation
    kind = f"{given.metavar or ''} {getattr(annotation, '__name__', annotation)}"
    return Parameter(str(given.name), option, is_flag, kind, bool(given.required), many)


def names_a_file(parameter: Parameter) -> bool:
    return A_FILE.search(f"{parameter.name} {parameter.option or ''} {parameter.metavar}") is not None


def nasty(random: Random) -> str:
    """A word of the corpus, or letters from anywhere."""
    if random.random() < 0.7:
        return random.choice(corpus.WORDS)
    planes = (0x20, 0x100, 0x3000, 0x110000)
    return "".join(chr(random.randrange(random.choice(planes))) for _ in range(random.randrange(12)))


def _date(random: Random) -> str:
    if random.random() < 0.7:
        return f"2026-0{random.randrange(1, 5)}-{random.randrange(1, 29):02}"
    return random.choice(corpus.DATES)


def _reference(random: Random) -> str:
    if random.random() < 0.1:
        return random.choice(corpus.REFERENCES)
    return random.choice(("H-1", "H-2", "H-3", "H-4", "H-5", *(f"N-{random.randrange(60)}",) * 4))


def _fact(random: Random) -> str:
    """FACT=VALUE: as a rule a fact that there is, with a value that it could take."""
    name = random.choice(sorted(FACTS))
    value = nasty(random) if random.random() < 0.1 else _value_of_fact(random, name)
    odd = (f"{name.replace('_', '-')}={value}", value, name, f"={value}", f"{name}=")
    return random.choice(odd) if random.random() < 0.1 else f"{name}={value}"


def _value_of_fact(random: Random, name: str) -> str:
    match FACTS[name].type:
        case Type.DATE:
            return _date(random)
        case Type.CHOICE:
            return random.choice(FACTS[name].values)
        case Type.YES_NO:
            return random.choice(("true", "no", "TRUE", "perhaps"))
        case Type.SECTIONS:
            return random.choice(("I", "B,F,I", "b, f", "Z", ",", "I,I,I"))
        case _:
            return random.choice(("MED/4711", "EH1", "Smith", "A" * 39 + "1", "=1", "-1"))


def value_of(random: Random, parameter: Parameter, files: list[str]) -> str:
    """What may be given for a parameter: as a rule what is right."""
    if names_a_file(parameter):
        return random.choice(files)
    if random.random() < 0.1:
        return nasty(random)
    said, name = parameter.metavar, parameter.name
    if "FACT=VALUE" in said:
        return _fact(random)
    if "REF" in said:
        return _reference(random)
    if "DATE" in said:
        return _date(random)
    if "INSTANT" in said:
        return random.choice(corpus.INSTANTS)
    if said.endswith(" int"):
        return random.choice((str(random.randrange(-2, 9)), random.choice(corpus.NUMBERS)))
    known: dict[str, tuple[str, ...]] = {
        "trigger": tuple(TRIGGERS), "deadline": tuple(RULES), "decision": tuple(DECISIONS), "state": tuple(STATES),
        "party": ("parent", "young-person"), "window_basis": ("received", "sent"),
    }  # fmt: skip
    return random.choice(known.get(name, corpus.WORDS))


def command_line(random: Random, files: list[str]) -> list[str]:
    """The words of one command."""
    command = random.choice((*commands(), *_changing()))  # what changes a case is tried more often
    words: list[str] = []
    often = random.choice((0.05, 0.4))  # the fewer words, the sooner a line is taken
    for parameter in command.parameters:
        if parameter.name == "decided":  # without it, or another day, nothing is opened
            words += ["--decided", _date(random)] if random.random() < 0.9 else []
            continue
        if random.random() > (0.98 if parameter.required else SELDOM.get(str(parameter.option), often)):
            continue
        for _ in range(random.randrange(1, 3) if parameter.many else 1):
            if parameter.option is not None:
                words.append(parameter.option)
            if not parameter.is_flag:
                words.append(value_of(random, parameter, files))
    if random.random() < 0.1:
        words = random.choice((_with_more, _shuffled, _all_arguments))(random, words)
    words += ALWAYS.get(command.words, [])
    if random.random() < 0.5:
        words.append("--json")
    if random.random() < 0.1:
        words += ["--actor", nasty(random)]
    if random.random() < 0.05:
        words = ["--as-at", random.choice(corpus.INSTANTS) if random.random() < 0.5 else nasty(random), *words]
    return [*command.words, *words]


def _with_more(random: Random, words: list[str]) -> list[str]:
    at = random.randrange(len(words) + 1)
    return [*words[:at], nasty(random), *words[at:]]


def _shuffled(random: Random, words: list[str]) -> list[str]:
    return random.sample(words, len(words))


def _all_arguments(random: Random, words: list[str]) -> list[str]:
    """Behind `--` no word is an option; the command that must be told to end is told before it."""
    return [*(word for each in ALWAYS.values() for word in each if word in words), "--", *words]


def standard_input(random: Random) -> str:
    """What may come on standard input: lines of JSON, right, nasty, or none."""
    return "\n".join(_json_line(random) for _ in range(random.randrange(4)))


def _json_line(random: Random) -> str:
    if random.random() < 0.3:
        return random.choice(corpus.JSON_LINES)
    line: dict[str, Any] = {}
    for _ in range(random.randrange(4)):
        name = random.choice(sorted(FACTS)) if random.random() < 0.9 else nasty(random)
        right = random.random() < 0.7 and name in FACTS
        odd = (nasty(random), None, True, 7, -0.0, float("nan"), [1], {"a": []}, 10**40)
        line[name] = _value_of_fact(random, name) if right else random.choice(odd)
    return json.dumps(line)
