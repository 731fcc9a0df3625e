"""Bad input, each refused in one sentence that says what, why and what would do; nothing is changed by any of it."""

from collections.abc import Callable

import pytest

from tests.acceptance.command import Redress

# What the workflow and the words of a command refuse is refused before a database differs from another.
pytestmark = pytest.mark.parametrize("backend", ["sqlite"])

# The states from which the refusals start; the clock stands on Tuesday 10 March 2026.
DECIDED = """
    @ 2026-03-10T09:00:00+00:00
    open H-1 --decision assessment_refused --decided 2026-02-20
"""
OWED = DECIDED.replace("assessment_refused", "plan_issued --requested 2025-10-20")
UNDECIDED = DECIDED.replace("--decided", "--requested")
SENT = f"{DECIDED}\nadvance H-1 send_letter --on 2026-02-23 --fact letter_method=email"
ADVISED = f"{SENT}\nadvance H-1 advise_mediation --on 2026-03-02"
REQUESTED = f"{ADVISED}\nadvance H-1 request_mediation --on 2026-03-02"
CERTIFIED = f"{ADVISED}\nadvance H-1 issue_certificate --on 2026-03-03"
LODGED = f"{CERTIFIED}\nadvance H-1 lodge_appeal --on 2026-03-04"
ORDERED = f"{LODGED}\nadvance H-1 make_order --on 2026-03-05 --fact kind=assess"
DISMISSED = f"{LODGED}\nadvance H-1 make_order --on 2026-03-05 --fact kind=dismiss"
EXPIRED = f"{SENT}\n@ 2026-05-20T09:00:00+01:00\ndaemon --once"
CLOSED = f"{LODGED}\nadvance H-1 withdraw_appeal --on 2026-03-05"
LONG = "x" * 501

# (the story so far, what is tried, what the sentence must say)
REFUSALS: tuple[tuple[str, str | list[str], tuple[str, ...]], ...] = (
    # facts that are none
    (SENT, "record H-1 hair_colour=red", ("hair_colour", "no such fact", "reference.md lists the facts")),
    (SENT, "record H-1 letter_recieved_on=2026-02-24", ("did you mean letter_received_on",)),
    (SENT, "advance H-1 advise_mediation --fact shoe_size=44", ("shoe_size",)),
    (DECIDED, "open H-2 --decision plan_refused --decided 2026-02-20 --fact name=Smith", ("name", "no such fact")),
    # values of the wrong type
    (SENT, "record H-1 letter_received_on=soon", ("letter_received_on", "'soon'", "YYYY-MM-DD")),
    (SENT, "record H-1 letter_received_on=20260224", ("YYYY-MM-DD",)),
    (SENT, "record H-1 letter_received_on=2026-02-30", ("2026-02-30", "YYYY-MM-DD")),
    (SENT, "record H-1 letter_received_on=2026-W09-2", ("YYYY-MM-DD",)),
    (SENT, "record H-1 letter_received_on=24/02/2026", ("is not a date (YYYY-MM-DD); write it as 2026-02-24",)),
    (SENT, "record H-1 letter_received_on=2026-2-24", ("write it as 2026-02-24",)),
    (SENT, "record H-1 'letter_received_on=24 February 2026'", ("write it as 2026-02-24",)),
    (SENT, "record H-1 letter_received_on=30/02/2026", ("there is no such day",)),
    (SENT, "record H-1 letter_received_on=", ("letter_received_on", "YYYY-MM-DD")),
    (DECIDED, "advance H-1 send_letter --fact letter_method=pigeon", ("'pigeon'", "post_second_class")),
    (DECIDED, "advance H-1 send_letter --fact issued_on_tribunal_order=perhaps", ("true or false",)),
    (CERTIFIED, "advance H-1 lodge_appeal --fact sections=B,Z", ("sections", "B,F,I")),
    (CERTIFIED, "advance H-1 lodge_appeal --fact sections=", ("sections", "B,F,I")),
    (CERTIFIED, "advance H-1 lodge_appeal --fact tribunal_reference=Smith", ("tribunal_reference", "digit")),
    (CERTIFIED, ["advance", "H-1", "lodge_appeal", "--fact", "tribunal_reference=EH 1"], ("tribunal_reference",)),
    (SENT, "record H-1 letter_received_on=1999-02-24", ("1999-02-24", "years")),
    (SENT, "record H-1 lodge_appeal_directed_on=9999-12-31", ("9999-12-31", "years")),
    # days that cannot be
    (SENT, "advance H-1 advise_mediation --on 2026-03-11", ("2026-03-11", "future", "10 Mar 2026")),
    (SENT, "record H-1 letter_received_on=2026-03-11", ("future",)),
    (DECIDED, "open H-2 --decision plan_refused --decided 2026-03-11", ("decided_on: ", "future")),
    (DECIDED, "open H-2 --decision plan_refused --requested 2026-03-11", ("requested_on: ", "future")),
    (DECIDED, "open H-2 --decision plan_refused --requested 2026-03-01 --decided 2026-02-20", ("before requested_on",)),
    (SENT, "advance H-1 advise_mediation --on 2026-02-22", ("adviser_contacted_on", "before letter_sent_on")),
    (DECIDED, "advance H-1 send_letter --on 2026-02-19", ("letter_sent_on", "before decided_on (2026-02-20)")),
    (SENT, "record H-1 letter_received_on=2026-02-22", ("before letter_sent_on (2026-02-23)",)),
    (SENT, "correct H-1 letter_sent_on=2026-02-19 --reason misread", ("before decided_on",)),
    (ADVISED, "correct H-1 letter_sent_on=2026-03-03 --reason misread", ("before letter_sent_on",)),
    (SENT, "correct H-1 letter_sent_on=2026-03-11 --reason misread", ("future",)),
    (CERTIFIED, "advance H-1 lodge_appeal --on 2026-03-02", ("3 Mar 2026", "2 Mar 2026")),
    (SENT, "record H-1 lodge_appeal_directed_on=2026-02-22", ("before letter_sent_on (2026-02-23)",)),
    (SENT, "record H-1 contact_adviser_directed_on=2025-05-15", ("before letter_sent_on",)),
    (SENT, "advance H-1 close --on 2026-02-19 --fact closing_reason=moved_away", ("before decided_on",)),
    # of an appeal that is not there
    (SENT, "record H-1 hearing_on=2026-06-01", ("no appeal is recorded yet", "lodge_appeal")),
    (CERTIFIED, "record H-1 appeal_received_on=2026-03-05", ("no appeal is recorded yet",)),
    # what is there already
    (SENT, "open H-1 --decision plan_refused --decided 2026-02-20", ("already", "H-1", "another reference")),
    (SENT, "advance H-1 send_letter", ("letter_sent_on is recorded already (2026-02-23", "redress correct")),
    (ADVISED, "advance H-1 advise_mediation", ("adviser_contacted_on is recorded already", "redress correct")),
    (f"{SENT}\nrecord H-1 letter_received_on=2026-02-24", "record H-1 letter_received_on=2026-02-25",
     ("already (2026-02-24)", "redress correct REF letter_received_on=VALUE")),
    (f"{SENT}\nrecord H-1 letter_received_on=2026-02-24",
     "advance H-1 advise_mediation --fact letter_received_on=2026-02-25", ("already (2026-02-24)",)),
    (SENT, "record H-1 decision=plan_refused", ("decision", "already")),
    (SENT, "record H-1 party=young_person", ("party", "pass_right")),
    # triggers from the wrong state
    (DECIDED, "advance H-1 advise_mediation", ("assessment_refused", "possible from letter_sent", "send_letter")),
    (SENT, "advance H-1 issue_certificate", ("letter_sent", "mediation_advised")),
    (SENT, "advance H-1 conclude_mediation --fact outcome=none", ("mediation_requested", "advise_mediation")),
    (ADVISED, "advance H-1 mediation_not_arranged", ("mediation_requested",)),
    (SENT, "advance H-1 respond_to_appeal", ("possible from appeal_lodged",)),
    (SENT, "advance H-1 make_order --fact kind=assess", ("appeal_lodged",)),
    (SENT, "advance H-1 withdraw_appeal", ("appeal_lodged",)),
    (LODGED, "advance H-1 recommend --fact recommended_to=health", ("order_made",)),
    (LODGED, "advance H-1 lodge_appeal", ("appeal_lodged_on is recorded already",)),
    (SENT, "advance H-1 decide", ("decision_awaited",)),
    (CLOSED, "advance H-1 close", ("closed", "now possible")),
    (CLOSED, "advance H-1 concede", ("closed",)),
    (EXPIRED, "advance H-1 decline_mediation", ("appeal_expired",)),
    # what the law wants first
    (SENT, "advance H-1 lodge_appeal", ("certificate is needed", "CFA 2014 s.55", "issue_certificate", "sections=I")),
    (SENT, "advance H-1 lodge_appeal --fact sections=I", ("certificate",)),
    (REQUESTED, "advance H-1 lodge_appeal", ("certificate",)),
    (EXPIRED, "advance H-1 lodge_appeal", ("certificate",)),
    # what is the daemon's alone
    (SENT, "advance H-1 expire_appeal", ("only the daemon", "2026-04-23T17:00:00+01:00")),
    (EXPIRED, "advance H-1 expire_appeal", ("appeal_expired",)),
    (f"{SENT}\n@ 2026-05-20T09:00:00+01:00\nworklist", "advance H-1 expire_appeal", ("only the daemon",)),
    (DECIDED, "advance H-1 expire_appeal --actor 'redress daemon'", ("letter_sent",)),
    # names where references belong
    (DECIDED, ["open", "John Smith", "--decision", "plan_refused", "--decided", "2026-02-20"], ("reference",)),
    (DECIDED, ["open", "Zoë-1", "--decision", "plan_refused", "--decided", "2026-02-20"], ("reference",)),
    (DECIDED, ["open", "", "--decision", "plan_refused", "--decided", "2026-02-20"], ("reference",)),
    (DECIDED, ["open", "x" * 41, "--decision", "plan_refused", "--decided", "2026-02-20"], ("reference", "40")),
    (DECIDED, ["open", "../etc/passwd1", "--decision", "plan_refused", "--decided", "2026-02-20"], ("reference",)),
    (DECIDED, ["open", "H 1", "--decision", "plan_refused", "--decided", "2026-02-20"], ("reference",)),
    # notes that are none
    (SENT, ["advance", "H-1", "advise_mediation", "--note", LONG], ("note", "500", "501")),
    (SENT, ["record", "H-1", "letter_received_on=2026-02-24", "--note", "one\ntwo"], ("one line", "a line break")),
    (SENT, ["record", "H-1", "letter_received_on=2026-02-24", "--note", "a\tb"], ("printable", "has a tab:")),
    (SENT, ["record", "H-1", "letter_received_on=2026-02-24", "--note", "a\u202eb"], ("character U+202E",)),
    (SENT, ["correct", "H-1", "letter_method=post", "--reason", "a\x1b[31mb"], ("character U+001B",)),
    (SENT, ["correct", "H-1", "letter_method=post", "--reason", LONG], ("note", "500")),
    (DECIDED, ["open", "H-2", "--decision", "plan_refused", "--decided", "2026-02-20", "--note", LONG], ("note",)),
    # --on against the fact
    (SENT, "advance H-1 advise_mediation --on 2026-03-02 --fact adviser_contacted_on=2026-03-03",
     ("2026-03-02", "2026-03-03", "one of them")),
    # facts that move the state, and their way
    (SENT, "record H-1 adviser_contacted_on=2026-03-02", ("advance REF advise_mediation",)),
    (SENT, "record H-1 certificate_issued_on=2026-03-02", ("advance REF issue_certificate",)),
    (LODGED, "record H-1 order_made_on=2026-03-05", ("advance REF make_order",)),
    (LODGED, "record H-1 appeal_responded_on=2026-03-05",
     ("it is recorded by its trigger", "advance REF respond_to_appeal --on DATE")),
    (SENT, "record H-1 disagreement_resolution_started_on=2026-03-02",
     ("it is recorded by its trigger", "advance REF start_disagreement_resolution")),
    (SENT, "advance H-1 advise_mediation --fact appeal_lodged_on=2026-03-02", ("advance REF lodge_appeal",)),
    (SENT, "record H-1 duty=order_assess_notify", ("duty", "trigger")),
    (SENT, "record H-1 recommended_to=health", ("recommended_to", "trigger")),
    # corrections of nothing
    (SENT, "correct H-1 letter_received_on=2026-02-24 --reason misread", ("not recorded", "redress record REF")),
    (SENT, "correct H-1 adviser_contacted_on=2026-03-02 --reason misread", ("not recorded", "advise_mediation")),
    (SENT, "correct H-1 letter_method=email --reason misread", ("already", "nothing was changed")),
    (SENT, "correct H-1 letter_sent_on= --reason misread", ("cannot be withdrawn",)),
    (SENT, "correct H-1 decision= --reason misread", ("cannot be withdrawn",)),
    (f"{SENT}\nrecord H-1 letter_received_on=2026-02-24", "correct H-1 letter_received_on=2026-03-32 --reason misread",
     ("YYYY-MM-DD",)),
    # too early to close
    (SENT, "advance H-1 close", ("Thu 23 Apr 2026", "closing_reason")),
    (CERTIFIED, "advance H-1 close", ("Thu 23 Apr 2026", "closing_reason")),
    (DECIDED, "advance H-1 close", ("not been told", "closing_reason")),
    (ORDERED, "advance H-1 close", ("order_assess_notify", "comply", "closing_reason")),
    (OWED, "advance H-1 close", ("owes finalise_plan; send the letter", "or record finalise_plan_met_on")),
    (UNDECIDED, "advance H-1 close", ("owes notify_assessment_refusal; record notify_assessment_refusal_met_on",)),
    (f"{LODGED}\nrecord H-1 appeal_received_on=2026-03-05", "advance H-1 close",
     ("owes respond_to_appeal; record respond_to_appeal_met_on",)),
    (LODGED, "advance H-1 close", ("before the Tribunal", "withdraw_appeal", "make_order", "closing_reason")),
    (SENT, "advance H-1 close --fact closing_reason=boredom", ("closing_reason", "moved_away")),
    # duties not owed
    (ORDERED, "advance H-1 comply", ("duty",)),
    (ORDERED, "advance H-1 comply --fact duty=order_cease", ("order_cease is not owed", "order_assess_notify")),
    (ORDERED, "advance H-1 comply --fact duty=frob", ("duty", "'frob'")),
    (DISMISSED, "advance H-1 comply --fact duty=order_cease", ("no duty is owed",)),
    (SENT, "record H-1 order_cease_met_on=2026-03-05", ("order_cease", "does not run")),
    (SENT, "record H-1 respond_to_appeal_directed_on=2026-04-05", ("respond_to_appeal", "appeal_received_on")),
    (ORDERED, "record H-1 order_assess_plan_excused=laziness", ("exceptional_circumstances",)),
    # what the Tribunal cannot, and what cannot be conceded
    (ORDERED, "advance H-1 recommend --fact recommended_to=both", ("cannot make recommendations", "refusal to assess")),
    (ORDERED, "advance H-1 recommend", ("recommended_to",)),
    (LODGED, "advance H-1 concede --fact kind=cease", ("cease cannot be conceded", "reg 45", "assess")),
    (LODGED, "advance H-1 concede --fact kind=make_plan", ("make_plan cannot be conceded", "CFA 2014 s.51(2)(a)")),
    (LODGED.replace("assessment_refused", "amendment_refused"), "advance H-1 concede --fact kind=name_school",
     ("name_school cannot be conceded", "CFA 2014 s.51(2)(e)", "amend_plan")),
    (LODGED, "advance H-1 concede --fact kind=reconsider", ("reconsider cannot be conceded",)),
    (LODGED, "advance H-1 concede --fact kind=dismiss", ("dismiss cannot be conceded",)),
    (LODGED, "advance H-1 make_order", ("kind must be given",)),
    (LODGED, "advance H-1 make_order --fact kind=frob", ("kind", "dismiss")),
    # the right passes on one day of the year
    (SENT, "advance H-1 pass_right --on 2026-03-05", ("last Friday of June", "26 Jun 2026")),
    (SENT, "advance H-1 end_disagreement_resolution", ("no disagreement resolution has begun",)),
)  # fmt: skip


@pytest.mark.parametrize(("story", "command", "fragments"), REFUSALS, ids=lambda each: str(each)[-60:])
def test_it_is_refused(
    after: Callable[[str], Redress], story: str, command: str | list[str], fragments: tuple[str, ...]
) -> None:
    redress = after(story)
    log, case = redress.log(), redress.case()
    redress.refuses(command, *fragments)
    assert (redress.log(), redress.case()) == (log, case)


@pytest.mark.parametrize(
    ("command", "fragment"),
    [
        ("--as-at 2199-02-24T09:00:00+00:00 show H-1", "is outside the years that can be reckoned, 2011 to 2060"),
        ("record H-1 letter_received_on", "FACT=VALUE"),
        ("record H-1 =2026-02-24", "FACT=VALUE"),
        ("advance H-1 advise_mediation --fact letter_received_on", "FACT=VALUE"),
        ("record H-1 letter_received_on=2026-02-24 letter_received_on=2026-02-25", "given twice"),
        ("record H-1 letter_received_on=2026-02-24 letter-received-on=2026-02-24", "given twice"),
        ("open H-2 --decision plan_refused --decided 2026-02-20 --fact decided_on=2026-02-20", "give it once"),
        ("open H-2 --decision plan_refused --decided 2026-02-20 --fact decision=plan_issued", "give it once"),
        ("advance H-1 advise_mediation --on 23/02/2026", "--on '23/02/2026' is not a date: write it as 2026-02-23."),
        ("advance H-1 advise_mediation --on 23.2.2026", "write it as 2026-02-23."),
        ("advance H-1 advise_mediation --on '3 Feb 2026'", "write it as 2026-02-03."),
        ("advance H-1 advise_mediation --on 20260223", "write it as 2026-02-23."),
        ("advance H-1 advise_mediation --on 2026-02-30", "there is no such day."),
        ("advance H-1 advise_mediation --on 31/02/2026", "there is no such day."),
        ("advance H-1 advise_mediation --on '3 Fox 2026'", "there is no such day."),
        ("advance H-1 advise_mediation --on 23/02/26", "write it as YYYY-MM-DD, such as 2026-03-02."),
        ("advance H-1 advise_mediation --on yesterday", "write it as YYYY-MM-DD, such as 2026-03-02."),
        (
            "advance advise_mediation H-1",
            "the case comes first, then the trigger: redress advance H-1 advise_mediation.",
        ),
        ("advise-mediation H-1", "it is a trigger, redress advance REF advise_mediation. See `redress --help`."),
        ("advance H-1 advise_mediation letter_method=post", "a fact is given by --fact letter_method=post. See"),
        ("show H-1 letter_method=post", "Got unexpected extra argument(s) (letter_method=post). See `redress show"),
        ("show H-1 --nosuch", "No such option: --nosuch. See `redress show --help`."),
        ("worklist --within soon", "Invalid value for '--within': give a whole number. See"),
        ("worklist --within -1", "Invalid value for '--within': it must be greater than or equal to 0. See"),
        ("send_letter H-1", "No such command 'send_letter': it is a trigger, redress advance REF send_letter. See"),
        ("list", "Did you mean 'worklist'? See `redress --help`."),
        ("worklist --state lodged", "--state 'lodged' is not known: did you mean appeal_lodged?"),
        ("worklist --state unopened", "is not known"),
        ("advance H-1 frobnicate", "frobnicate"),
        ("advance H-1 send_leter", "did you mean send_letter"),
        ("advance H-1 lodge", "did you mean lodge_appeal?"),
        ("advance H-1 Certificate", "did you mean issue_certificate?"),
        ("explain H-1 lodge", "did you mean lodge_appeal?"),
        ("advance H-1 reckon_again", "no trigger"),
    ],
)
def test_wrong_words(after: Callable[[str], Redress], command: str, fragment: str) -> None:
    after(SENT).refuses(command, fragment, code=2)


@pytest.mark.parametrize("title", ["", "  ", "\x1b[31m", "\u202egnp", "a\nb", "\x9b31m", "x" * 101])
def test_a_holiday_has_a_title_that_can_be_shown(after: Callable[[str], Redress], title: str) -> None:
    after(SENT).refuses(["holidays", "--add", "2026-06-15", "--title", title, "--apply"], "--title", code=2)


HOSTILE = (
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "a\nb",
    "a\rb",
    "\u202egnp",
    "H-1'; DROP TABLE cases; --",
    '" OR 1=1 --',
    "%s%n{0}{why}",
    "x" * 5000,
    "\udcff",
)
PLACES = (
    ["show", "{}"],
    ["next", "{}"],
    ["explain", "H-1", "{}"],
    ["explain", "{}", "lodge_appeal"],
    ["audit", "log", "{}"],
    ["diagram", "{}"],
    ["worklist", "--state", "{}"],
    ["open", "{}", "--decision", "plan_refused", "--decided", "2026-02-20"],
    ["open", "H-2", "--decision", "{}", "--decided", "2026-02-20"],
    ["open", "H-2", "--decision", "plan_refused", "--decided", "{}"],
    ["open", "H-2", "--decision", "plan_refused", "--decided", "2026-02-20", "--party", "{}"],
    ["advance", "{}", "advise_mediation"],
    ["advance", "H-1", "{}"],
    ["advance", "H-1", "advise_mediation", "--on", "{}"],
    ["advance", "H-1", "advise_mediation", "--fact", "{}=1"],
    ["advance", "H-1", "advise_mediation", "--fact", "letter_received_on={}"],
    ["record", "H-1", "letter_received_on={}"],
    ["record", "H-1", "{}=2026-02-24"],
    ["record", "H-1", "{}"],
    ["correct", "H-1", "letter_method={}", "--reason", "misread"],
    ["advance", "H-1", "advise_mediation", "--actor", "{}" + "x" * 64],
    ["--as-at", "{}", "worklist"],
    ["{}"],
    ["worklist", "--{}"],
    ["worklist", "--within", "{}"],
    ["audit", "{}"],
)


@pytest.mark.parametrize("place", PLACES, ids=" ".join)
def test_terminal_codes_and_sql_come_out_inert(after: Callable[[str], Redress], place: list[str]) -> None:
    redress = after(SENT)
    before = redress.contents()
    for text in HOSTILE:
        answer = redress.run([word.replace("{}", text) for word in place])
        assert answer.code in (2, 3, 4), (text, answer)
        assert answer.out == ""
        for line in answer.err.splitlines():
            assert line.isprintable(), (text, line)
        assert "Traceback" not in answer.err
    assert redress.contents() == before


@pytest.mark.parametrize("text", [each for each in HOSTILE if each.isprintable() and len(each) <= 500])
def test_a_printable_note_is_kept_word_for_word_whatever_it_says(after: Callable[[str], Redress], text: str) -> None:
    redress = after(SENT)
    redress.does(["advance", "H-1", "advise_mediation", "--note", text])
    assert redress.log()[-1]["note"] == text
    for command in ("show H-1", "audit log"):
        assert text[:20] in redress.does(command).out
    assert redress.is_intact()


@pytest.mark.parametrize("text", ["[bold]loud[/bold]", "[/]", "[link=http://x]y[/link]", ":smile:"])
def test_a_note_is_no_markup(after: Callable[[str], Redress], text: str) -> None:
    redress = after(SENT)
    redress.does(["record", "H-1", "letter_received_on=2026-02-24", "--note", text])
    assert text in redress.does("show H-1").out
    assert text in redress.does("audit log H-1").out


def test_a_note_brings_the_reminder_that_it_is_kept(redress: Redress) -> None:
    redress.live(SENT)
    answer = redress.does(["advance", "H-1", "advise_mediation", "--note", "rang at noon"])
    assert "no name" in answer.err


def test_a_reference_without_a_number_is_warned_of(redress: Redress) -> None:
    redress.at("2026-03-10T09:00:00+00:00")
    answer = redress.does("open Smith --decision plan_refused --decided 2026-02-20")
    assert "name" in answer.err


@pytest.mark.parametrize(("reference", "shown"), [("", "''"), ("H-1 ", "'H-1 '"), ("H-9", "H-9")])
def test_a_reference_whose_blanks_could_not_be_seen_is_quoted(
    after: Callable[[str], Redress], reference: str, shown: str
) -> None:
    after(SENT).refuses(["show", reference], f"There is no case {shown}: check the reference", code=4)
