"""A few hundred bad inputs each time; `make soak` and `python -m tests.fuzz.soak` try as many as are wanted."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.acceptance.command import Redress, run_here
from tests.backends import copied, is_sqlite, removed
from tests.fuzz import corpus
from tests.fuzz.lines import command_line, commands, names_a_file, standard_input
from tests.fuzz.parsers import PARSERS
from tests.fuzz.properties import CODES, STORY, Watched, is_inert, is_refusal

NASTY = [word.encode("utf-8", "surrogatepass") for word in (*corpus.WORDS, *corpus.JSON_LINES)]

NAMES = [*corpus.FILES, "folder", "none.csv", "new.out"]
QUICK = settings(
    max_examples=30,
    deadline=None,
    database=None,
    derandomize=True,  # what is new each time is the soak's
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.large_base_example],
)


@pytest.fixture
def lived_here(lived: Callable[[str, str], str], backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of the story's database, which must be copied; the present folder has the corpus's files."""
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    monkeypatch.delenv("REDRESS_DATABASE_URL", raising=False)
    corpus.write_files(deep)
    return lived(STORY, backend)


@pytest.mark.parametrize("backend", ["sqlite"])
@QUICK
@given(random=st.randoms(use_true_random=False), lines=st.integers(1, 3))
def test_whatever_is_typed_is_done_or_refused_in_one_sentence(
    lived_here: str, tmp_path: Path, random: Random, lines: int
) -> None:
    watched = Watched(Redress(copied(lived_here, tmp_path)))
    for _ in range(lines):
        watched.try_(command_line(random, NAMES), standard_input(random))
    watched.close()
    assert watched.redress.is_intact()


@pytest.mark.parametrize("backend", ["postgresql"])
@settings(QUICK, max_examples=12)
@given(random=st.randoms(use_true_random=False), lines=st.integers(1, 5))
def test_and_on_postgresql(lived_here: str, tmp_path: Path, random: Random, lines: int) -> None:
    watched = Watched(Redress(copied(lived_here, tmp_path)))
    for _ in range(lines):
        watched.try_(command_line(random, NAMES), standard_input(random))
    watched.close()
    assert watched.redress.is_intact()
    removed(watched.redress.url)


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_every_word_of_the_corpus_as_a_reference_a_note_and_a_fact(lived_here: str, tmp_path: Path) -> None:
    """What is taken is kept word for word, and comes out inert wherever it is shown."""
    watched = Watched(Redress(copied(lived_here, tmp_path)))
    words = corpus.WORDS if is_sqlite(lived_here) else corpus.WORDS[::4]  # a command takes longer on a server
    for number, word in enumerate(words):
        opened = ["open", f"N-{number}", "--decision", "plan_refused", "--decided", "2026-02-20"]
        if watched.try_([*opened, "--note", word]).code == 0:
            shown = watched.redress.does(["audit", "log", f"N-{number}", "--json"]).document
            assert shown[0]["note"] == word
        watched.try_(["open", word, *opened[2:]])
        watched.try_(["record", "H-3", f"tribunal_reference={word}"])
    for command in (
        "worklist",
        "audit log",
        "audit log --json",
        "show H-3",
        "show H-3 --json",
        "doctor",
        "diagram H-3",
    ):
        assert is_inert(watched.redress.does(command).out)
    watched.close()
    assert watched.redress.is_intact()
    removed(watched.redress.url)


@pytest.mark.parametrize("url", corpus.URLS, ids=lambda url: repr(url)[:40])
def test_a_url_that_leads_nowhere_is_refused_and_makes_nothing(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "none.db").touch()
    for command in (["show", "H-1"], ["audit", "verify"], ["init"]):
        if command == ["init"] and url.startswith("sqlite:///"):
            continue  # it may make a file
        answer = run_here(["--database", url or " ", *command])
        assert answer.code in CODES - {0}, (command, answer)
        assert is_refusal(answer), answer


def test_only_what_names_a_file_is_given_files() -> None:
    """Else nothing nasty would be tried, and nobody would notice."""
    given_files = {f"{' '.join(c.words)} {p.name}" for c in commands() for p in c.parameters if names_a_file(p)}
    of_cases = {each for each in given_files if each.split()[0] in ("open", "advance", "record", "correct", "show")}
    assert of_cases == {"advance letter"}


def test_every_command_is_among_those_that_are_tried() -> None:
    found = {" ".join(command.words) for command in commands()}
    assert found >= {"open", "advance", "audit verify", "rules migrate", "daemon", "calculate", "doctor"}


@pytest.mark.parametrize("name", PARSERS)
@QUICK
@given(data=st.one_of(st.binary(max_size=200), st.integers(0, len(NASTY) - 1).map(NASTY.__getitem__)))
def test_a_parser_takes_anything_or_refuses_it_by_name(name: str, data: bytes) -> None:
    PARSERS[name](data)
