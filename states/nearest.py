"""The known words that may have been meant by another one: an abbreviation, a slip of the fingers, a capital letter."""

from collections.abc import Iterable

OFFERED = 3
# A shorter part stands in too many words to say which is meant.
TELLING = 3


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """At most three: those that begin with the word, else those that hold it, else those spelt most like it."""
    by_small = {each.lower(): each for each in known}
    typed = word.lower().replace("-", "_")
    found: list[str] = []
    if len(typed) >= TELLING:
        found = [small for small in by_small if small.startswith(typed)] or [s for s in by_small if typed in s]
    if not found:
        from difflib import get_close_matches

        found = get_close_matches(typed, by_small, n=OFFERED)
    return [by_small[small] for small in found[:OFFERED]]


def did_you_mean(word: str, known: Iterable[str], otherwise: str) -> str:
    """The end of a sentence about a word that is not known: what may have been meant, else what is said `otherwise`."""
    found = nearest(word, known)
    return f"did you mean {' or '.join(found)}?" if found else otherwise
