"""Decision letters as Word files: our templates, a template filled for a case, and a finished letter looked at again.

A template is an ordinary Word file with the name of each part in double braces, such as {{ right_to_appeal }}; the
council may make its own. What the family is called, and where it lives, is written in Word and never kept here.
"""

import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zipfile import BadZipFile
from zlib import error as ZlibError  # noqa: N812

from docx import Document
from docx.document import Document as WordDocument
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError, UndefinedError
from jinja2.sandbox import SandboxedEnvironment

from persistence.unit import StoredCase
from states.decisions import DECISIONS, Decision
from states.errors import FactRefused, TransitionRefused, WrongWords
from states.facts import Facts
from states.letter import Dates, Part, dates_of, long_words, parts_of, sentences
from states.reckoner import Reckoner
from workflow.settings import Settings

# What stands where the officer has to write. A letter in which one of these still stands is not finished.
REASONS = "[Write the reasons here.]"
TO_WRITE = ("[Name]", "[Address]", "[Your name and job]", REASONS)
LARGEST = 20_000_000  # bytes of a template or a letter
LONGEST_REASONS = 20_000
# What reading a file as Word's may raise; of XML that can't be read it is a SyntaxError.
_NOT_WORD = (BadZipFile, PackageNotFoundError, KeyError, ValueError, SyntaxError, EOFError, ZlibError)

_HEADINGS: Mapping[str, str] = {
    "decision": "Our decision",
    "reasons": "Why we decided this",
    "right_to_appeal": "Your right to appeal",
    "certificate": "Before you appeal: the mediation certificate",
    "recommendations": "Health care and social care",
    "right_to_mediation": "Mediation",
    "disagreement_resolution": "Another way to settle a disagreement",
    "information_and_advice": "Where to get information, advice and support",
}
_ORDER = (
    "decision", "reasons", "right_to_appeal", "certificate", "recommendations", "right_to_mediation", "mediation_times",
    "telling_the_council", "disagreement_resolution", "information_and_advice", "local_offer",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that was made: the file's content, its days, and what each part says."""

    content: bytes
    dates: Dates
    parts: Mapping[Part, str]

    @property
    def digest(self) -> str:
        return digest_of(self.content)

    def as_data(self) -> dict[str, Any]:
        return {
            "sha256": self.digest,
            "sent_on": self.dates.sent_on.isoformat(),
            "appeal_by": self.dates.appeal_by.isoformat(),
            "contact_adviser_by": self.dates.contact_adviser_by.isoformat(),
            "parts": [{"id": part.id, "source": part.source, "says": text} for part, text in self.parts.items()],
        }


def digest_of(content: bytes) -> str:
    """The SHA-256 of a file, in hexadecimal, as the log keeps it."""
    return hashlib.sha256(content).hexdigest()


# --- our templates ---------------------------------------------------------------------------------------------------


def our_template(decision: Decision) -> bytes:
    """Our own template for a decision's letter, to be used as it is or made the council's own in Word."""
    document = Document()
    _lay_out(document)
    for line in ("{{ council }}", "", "[Name]", "[Address]", "", "{{ sent_on }}", "Our reference: {{ reference }}", ""):
        document.add_paragraph(line)
    document.add_paragraph("Dear [Name]")
    wanted = {part.id for part in parts_of(decision)}
    for name in _ORDER:
        if name in wanted:
            if name in _HEADINGS:
                document.add_heading(_HEADINGS[name], level=2)
            document.add_paragraph(f"{{{{ {name} }}}}")
    document.add_paragraph("")
    document.add_paragraph("Yours sincerely")
    document.add_paragraph("[Your name and job]")
    return _saved(document)


def _lay_out(document: WordDocument) -> None:
    """A page of A4 in a plain hand, large enough to read; nothing in the file says who made it."""
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(2.5)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Arial", Pt(12)
    normal.paragraph_format.space_after = Pt(8)
    heading = document.styles["Heading 2"]
    heading.font.name, heading.font.size, heading.font.color.rgb = "Arial", Pt(13), RGBColor(0, 0, 0)
    fonts = heading.element.rPr.rFonts
    for name in [each for each in fonts.attrib if each.endswith("Theme")]:  # they would outweigh the font's own name
        del fonts.attrib[name]
    for name in ("author", "comments", "title", "last_modified_by"):
        setattr(document.core_properties, name, "")


def _saved(document: WordDocument) -> bytes:
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


# --- a letter for a case ---------------------------------------------------------------------------------------------


def make_letter(
    case: StoredCase, facts: Facts, sent_on: date, reckoner: Reckoner, settings: Settings, *,
    template: bytes | None = None, reasons: str = REASONS,
) -> Letter:  # fmt: skip
    """A case's decision letter, as it will be sent on a day in London.

    Raises TransitionRefused where the case has no decision to write about or no right to offer, FactRefused where a
    required part or contact is missing, WrongWords for a template that won't do.
    """
    decision = _decision_of(case, facts)
    if settings.council is None:
        raise FactRefused("the letter would not say who sends it: give [council] name in the settings", fact="council")
    dates = dates_of(case.reference, facts, sent_on, reckoner)
    said = sentences(facts, dates, settings.known_contacts(), reasons)
    context = {
        **said,
        "council": settings.council.name,
        "reference": case.reference,
        "sent_on": long_words(dates.sent_on),
        "appeal_by": long_words(dates.appeal_by),
        "contact_adviser_by": long_words(dates.contact_adviser_by),
    }
    content = _filled(template if template is not None else our_template(decision), context)
    parts = {part: said[part.id] for part in parts_of(decision)}
    _require_every_part(content, parts)
    return Letter(content, dates, parts)


def _decision_of(case: StoredCase, facts: Facts) -> Decision:
    decision = DECISIONS.get(str(facts.get("decision")))
    if decision is None or "decided_on" not in facts:
        raise TransitionRefused(
            "there is no decision to write about yet: record it with redress advance REF decide --on DATE",
            reference=case.reference, trigger="letter", state=case.state, guard="is_decided",
        )  # fmt: skip
    return decision


def _filled(template: bytes, context: Mapping[str, str]) -> bytes:
    """A template with its names replaced, as text and never as code. Raises WrongWords for one that won't do."""
    environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=True)
    try:
        document = DocxTemplate(io.BytesIO(template))
        document.render(dict(context), jinja_env=environment, autoescape=True)
    except _NOT_WORD as fault:
        raise WrongWords("the template is no Word file, or it is damaged: give one in the form .docx.") from fault
    except UndefinedError as unknown:
        raise WrongWords(
            f"the template asks for what Redress does not have ({unknown.message}): it has {', '.join(context)}."
        ) from unknown
    except (TemplateError, TypeError, ArithmeticError) as fault:
        raise WrongWords(f"the template's braces cannot be read: {str(fault).rstrip('.')}.") from fault
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def _require_every_part(content: bytes, parts: Mapping[Part, str]) -> None:
    """Raises FactRefused for the parts that the finished file does not say, whole and in their own words."""
    text = _flat("\n".join(_lines(content)))
    missing = [part for part, said in parts.items() if _flat(said) not in text]
    if missing:
        listed = "; ".join(f"{part.words} ({part.source}), {{{{ {part.id} }}}}" for part in missing)
        raise FactRefused(f"the letter would lack {listed}: put it into the template", fact="template")


def _lines(content: bytes) -> Iterator[str]:
    """The text of a Word file, a paragraph a line, with what stands in tables, headers and footers."""
    document = Document(io.BytesIO(content))
    sections = document.sections
    for root in (document.element.body, *(each._element for s in sections for each in (s.header, s.footer))):
        for paragraph in root.iter(qn("w:p")):
            yield "".join(_text_of(node) for node in paragraph.iter(qn("w:t"), qn("w:br"), qn("w:tab")))


def _text_of(node: object) -> str:
    tag, text = getattr(node, "tag", ""), getattr(node, "text", None)
    return str(text or "") if tag == qn("w:t") else " "


def _flat(text: str) -> str:
    return " ".join(text.split())


# --- a letter that is sent -------------------------------------------------------------------------------------------


def check_sent(
    content: bytes, name: str, case: StoredCase, facts: Facts, sent_on: date, reckoner: Reckoner
) -> str | None:
    """What could not be looked at of a letter that is sent on a day; None where all could.

    Raises FactRefused where it is not finished, or does not name the days that follow from the day of sending.
    """
    if not name.lower().endswith(".docx"):
        return (
            f"{name} is no Word file, so its dates were not looked at: hold them against redress show {case.reference}."
        )
    try:
        text = _flat("\n".join(_lines(content)))
    except _NOT_WORD as fault:
        raise FactRefused(f"{name} is no Word file, or it is damaged", fact="letter") from fault
    for unwritten in TO_WRITE:
        if unwritten in text:
            raise FactRefused(f"{name} still has {unwritten} in it: finish it first", fact="letter")
    dates = dates_of(case.reference, facts, sent_on, reckoner)
    for day, what in ((dates.appeal_by, "to appeal"), (dates.contact_adviser_by, "to contact the mediation adviser")):
        if long_words(day) not in text:
            raise FactRefused(
                f"{name} does not name {long_words(day)}, the last day {what} when it is sent on "
                f"{long_words(sent_on)}: make it again with redress letter {case.reference} --on {sent_on}, or "
                "give the day on which it was sent",
                fact="letter",
            )
    return None


def read_file(file: Path, option: str) -> bytes:
    """The content of a file that an option names. Raises WrongWords."""
    try:
        if file.stat().st_size > LARGEST:
            raise WrongWords(f"{option} {file} is larger than {LARGEST // 1_000_000} MB: give a smaller file.")
        return file.read_bytes()
    except OSError as away:
        raise WrongWords(f"{option} {file} cannot be read: {away.strerror}.") from away


def read_reasons(file: Path) -> str:
    """The reasons from a text file; they go into the letter, and nowhere else. Raises WrongWords."""
    try:
        text = read_file(file, "--reasons").decode("utf-8-sig").strip()
    except UnicodeDecodeError as other:
        raise WrongWords(f"--reasons {file} is no text in UTF-8: save it as plain text.") from other
    lines = text.splitlines()
    if not text or len(text) > LONGEST_REASONS or not all(line.isprintable() for line in lines):
        raise WrongWords(
            f"--reasons {file} must hold between 1 and {LONGEST_REASONS} printable characters, as plain text."
        )
    return "\n".join(lines)
