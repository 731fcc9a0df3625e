"""What a note looks as if it held of a person: a name, an address's postcode, a number that is somebody's.

A note is kept with the case, and names nobody: people are named by references. This warns and refuses nothing, so it
may be wrong either way. It is built to be quiet on what an office writes all day, and to miss some names for it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from states.names import FIRST_NAMES, INSTITUTIONS, KIN, OFFICE_WORDS, TITLES

# A date this many years old is rather a birthday than a step of the case, unless the words before it say otherwise.
_YEARS_OF_A_BIRTHDAY = 4
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"(?:{'|'.join(_MONTHS)})[a-z]*"
_DATE = re.compile(
    rf"(?<!\d)(?:(?P<d>\d{{1,2}})[/.-](?P<m>\d{{1,2}})[/.-](?P<y>\d{{4}}|\d{{2}})"
    r"|(?P<iy>\d{4})-(?P<im>\d{2})-(?P<id>\d{2})"
    rf"|(?P<wd>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<wm>{_MONTH})\.?,?\s+(?P<wy>\d{{4}}))(?!\d)",
    re.IGNORECASE | re.ASCII,
)
_BIRTH = re.compile(r"\b(?:born|birth|birthday|d\.?o\.?b)\b", re.IGNORECASE)
_STEP = re.compile(
    r"\b(?:dated|issued|sent|made|finali[sz]ed|review\w*|plan|letter|report|since|order\w*|received|decided|decision"
    r"|posted|request\w*|signed|agreed|assess\w*|advice|draft\w*|minutes|hearing|meeting)\b",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_TEN_DIGITS = re.compile(r"(?<![\w./-])[1-9]\d{2}[ -]?\d{3}[ -]?\d{4}(?![\w/])")
_PHONE = re.compile(r"(?<![\w./-])(?:(?:\+|00)44[ -]?(?:\(0\))?|\(?0)[ -]?[1-9](?:[ ()-]{0,2}\d){8,9}(?![\w/])")
_NATIONAL_INSURANCE = re.compile(
    r"\b(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]\b", re.IGNORECASE
)
_POSTCODE = re.compile(
    r"\b[A-PR-UWYZ](?:[0-9][0-9A-HJKPSTUW]?|[A-HK-Y][0-9][0-9ABEHMNPRVWXY]?)"
    r"(?P<gap> ?)[0-9](?P<unit>[ABD-HJLNP-UW-Z]{2})\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SENTENCE_ENDS = re.compile(r"[.!?]\s*$")


def looks_personal(text: str, today: date) -> list[str]:
    """What a text looks as if it held, in words ("a name", "a postcode"), each once; nothing for most notes.

    `today` is the day in London; a date long before it may be a date of birth.
    """
    without_dates = _DATE.sub(" # ", text)
    kinds: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("a name", lambda: _holds_name(text)),
        ("an e-mail address", lambda: _EMAIL.search(text) is not None),
        ("a phone number", lambda: _PHONE.search(without_dates) is not None),
        ("an NHS number", lambda: any(map(is_nhs_number, _TEN_DIGITS.findall(without_dates)))),
        ("a National Insurance number", lambda: _NATIONAL_INSURANCE.search(text) is not None),
        ("a postcode", lambda: any(map(_is_postcode, _POSTCODE.finditer(text)))),
        ("a date of birth", lambda: _holds_birthday(text, today)),
    )
    return [words for words, holds in kinds if holds()]


def is_nhs_number(text: str) -> bool:
    """Whether a text is ten digits, with or without spaces or hyphens, of which the last is the check digit.

    The first nine are weighted 10 to 2; what their sum lacks to a multiple of 11 is the tenth, 11 counting as 0.
    """
    digits = [int(letter) for letter in text if letter in "0123456789"]
    if len(digits) != 10:
        return False
    check = 11 - sum(weight * digit for weight, digit in zip(range(10, 1, -1), digits, strict=False)) % 11
    return digits[9] == check % 11 and check != 10


def is_national_insurance_number(text: str) -> bool:
    """Whether a text is a National Insurance number and nothing else."""
    return _NATIONAL_INSURANCE.fullmatch(text) is not None


def _is_postcode(found: re.Match[str]) -> bool:
    """Written small it needs its gap, and must not be a number and an ordinal ("room b1 2nd floor")."""
    if found[0].isupper():
        return True
    return found["gap"] == " " and found["unit"].lower() not in ("st", "nd", "rd", "th")


def _holds_birthday(text: str, today: date) -> bool:
    for found in _DATE.finditer(text):
        before, after = text[max(0, found.start() - 30) : found.start()], text[found.end() : found.end() + 20]
        if _BIRTH.search(before) or _BIRTH.search(after):
            return True
        year = _year_of(found, today)
        is_old = year is not None and 1900 <= year <= today.year - _YEARS_OF_A_BIRTHDAY
        if is_old and not _STEP.search(before):
            return True
    return False


def _year_of(found: re.Match[str], today: date) -> int | None:
    """The year of a date that there is; None for a number that only looks like one."""
    parts = found.groupdict()
    month = parts["m"] or parts["im"] or str(_MONTHS.index((parts["wm"] or "jan")[:3].lower()) + 1)
    year = int(parts["y"] or parts["iy"] or parts["wy"])
    if year < 100:
        year += 2000 if year <= today.year % 100 else 1900
    try:
        return date(year, int(month), int(parts["d"] or parts["id"] or parts["wd"])).year
    except ValueError:
        return None


# --- names -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a text, and whether it stands at the start of a sentence, where every word has its capital."""

    text: str
    starts: bool

    @property
    def plain(self) -> str:
        return re.sub("['’]s$", "", self.text).lower()

    @property
    def is_capitalised(self) -> bool:
        return self.text[0].isupper() and not self.text.isupper()

    @property
    def is_first_name(self) -> bool:
        return self.is_capitalised and self.plain in FIRST_NAMES

    @property
    def is_unknown(self) -> bool:
        """Whether it bears a capital for which the office has no reason."""
        return self.is_capitalised and self.plain not in OFFICE_WORDS and self.plain not in INSTITUTIONS


def _holds_name(text: str) -> bool:
    """A title or a relation with a name behind it, a common first name, or two capitals that nothing explains."""
    runs = list(_runs(text))
    words = [word for run in runs for word in run]
    capitals = sum(word.is_capitalised for word in words)
    is_title_case = len(words) >= 4 and capitals > len(words) / 2
    return any(_run_holds_name(run, is_title_case) for run in runs)


def _run_holds_name(run: list[_Word], is_title_case: bool) -> bool:
    """Whether words that follow each other hold a name; in Title Case a capital says nothing."""
    for word, following in pairwise(run):
        if word.plain in KIN and following.is_unknown and (following.is_first_name or not is_title_case):
            return True
    return any(_capitals_hold_name(capitals, is_title_case) for capitals in _capitals(run))


def _capitals_hold_name(words: list[_Word], is_title_case: bool) -> bool:
    """Whether words in a row that all bear a capital are a name; what belongs to a school or a road is none."""
    for number, word in enumerate(words[:-1]):
        name, *rest = words[number + 1 :]  # Mrs Green is a person, and Dr Challoner's Grammar School is none
        is_place = any(other.plain in INSTITUTIONS for other in rest)
        if word.plain in TITLES and name.plain not in OFFICE_WORDS and not is_place:
            return True
    if any(word.plain in INSTITUTIONS for word in words):
        return False
    if any(word.is_first_name for word in words):
        return True
    return not is_title_case and any(a.is_unknown and b.is_unknown and not a.starts for a, b in pairwise(words))


def _capitals(run: list[_Word]) -> Iterator[list[_Word]]:
    found: list[_Word] = []
    for word in run:
        if word.is_capitalised:
            found.append(word)
        else:
            yield found
            found = []
    yield found


def _runs(text: str) -> Iterator[list[_Word]]:
    """The words of a text, those together between which there is nothing but a space, or the point of "Mr."."""
    run: list[_Word] = []
    end = 0
    for found in _WORD.finditer(text):
        between = text[end : found.start()]
        follows_title = run and run[-1].plain in TITLES and between.strip() in ("", ".")
        if run and between.strip() and not follows_title:
            yield run
            run = []
        starts = not follows_title and (end == 0 or _SENTENCE_ENDS.search(text[: found.start()]) is not None)
        run.append(_Word(found[0], starts))
        end = found.end()
    yield run
