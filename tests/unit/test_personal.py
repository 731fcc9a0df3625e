"""What a note looks as if it held of a person: notes as an office writes them, and those that should not be written."""

import pytest
from given import day
from hypothesis import given
from hypothesis import strategies as st

from states.personal import is_national_insurance_number, is_nhs_number, looks_personal

TODAY = day("2026-03-02")

OFFICE = """
by the panel
misread
came by post
Panel of 24 February, page 2
Directions of 23 April, page 2
The outgoing post book says 23 February
That receipt belonged to another case
Returned unstamped, sent again on the 26th
The tracking says the 24th after all
Both were on the 24th
Corrected. The adviser's form bears the 3rd
Agreed at the Annual Review on Tuesday
Sent to the SENCO by Royal Mail Special Delivery
The Educational Psychologist asked for two more weeks
Head Teacher of Oak Hill Primary School rang on Monday
School closed for the Easter holiday; see minutes of the Placement Panel
Advice is late: Speech and Language Therapy has a waiting list
Tribunal Judge directed evidence by 4 April 2026
St Mary's Catholic School cannot meet need
Emailed St Mary's School about section I
The family's solicitor has written to Legal Services
Letter of 03/05/2012 found on file
Plan dated 12/09/2019 is the one under appeal
Final plan issued 1 September 2018
EH900/26/00123 registered
Adviser's reference MED-0123456789
Certificate C-881, sent again 2026-02-26
Order to be carried out by 12/03/2026
Waiting for Barnardos
Prepared by the Deputy Head for the Local Offer
Letter Sent To Wrong Address By Mistake
room b1 2nd floor
sections B, F and I. Nothing else
Moved to 2026.1, gov.uk 2026-11-25
Working Document v3 uploaded to SharePoint at 10:15
01.02.2026 10:00 and 02.02.2026 11:30 were offered
1234567890
Cheque for 2,500 pounds, ref 400-123
Dr Challoner's Grammar School was named
""".strip().splitlines()

PERSONAL = [
    ("Spoke to Mrs Khan today", ["a name"]),
    ("Dr. Patel's report came", ["a name"]),
    ("Rang Mr Smith", ["a name"]),
    ("Mrs Green rang", ["a name"]),
    ("Sarah Jones rang to ask for more time", ["a name"]),
    ("rang Sarah about the letter", ["a name"]),
    ("Mum, Sarah, will send it", ["a name"]),
    ("mum Aoife will send it", ["a name"]),
    ("told Aoife Byrne by phone", ["a name"]),
    ("Annual Review for Mohammed", ["a name"]),
    ("Letter To Sarah Jones Sent Today", ["a name"]),
    ("seen by Jean-Luc O'Neill", ["a name"]),
    ("Sent again. Told Zofia Ćwik so by phone", ["a name"]),
    ("write to a.khan+send@example.co.uk", ["an e-mail address"]),
    ("ring 07700 900123 after six", ["a phone number"]),
    ("ring 020 7946 0958", ["a phone number"]),
    ("ring (0117) 496 0123", ["a phone number"]),
    ("ring +44 7700 900123", ["a phone number"]),
    ("0044 (0)20 7946 0958", ["a phone number"]),
    ("07700900123", ["a phone number"]),
    ("NHS 943 476 5919", ["an NHS number"]),
    ("9434765919", ["an NHS number"]),
    ("943-476-5919", ["an NHS number"]),
    ("NI number AB123456C", ["a National Insurance number"]),
    ("ab 12 34 56 c", ["a National Insurance number"]),
    ("moved to SW1A 2AA", ["a postcode"]),
    ("moved to sw1a 2aa", ["a postcode"]),
    ("moved to M11AE", ["a postcode"]),
    ("born 3 May 2012", ["a date of birth"]),
    ("dob 3/5/23", ["a date of birth"]),
    ("D.O.B. 2024-05-03", ["a date of birth"]),
    ("date of birth: 3rd of May 2024", ["a date of birth"]),
    ("03/05/2012", ["a date of birth"]),
    ("the child, 2012-05-03, lives with an aunt", ["a date of birth"]),
    ("Mr Khan, 07700 900123, k@example.org", ["a name", "an e-mail address", "a phone number"]),
]


@pytest.mark.parametrize("note", OFFICE)
def test_an_office_s_own_words_are_let_pass(note: str) -> None:
    assert looks_personal(note, TODAY) == []


@pytest.mark.parametrize(("note", "found"), PERSONAL)
def test_what_is_somebody_s_is_found(note: str, found: list[str]) -> None:
    assert looks_personal(note, TODAY) == found


def test_an_old_date_is_a_birthday_and_one_that_is_not_old_is_none() -> None:
    assert looks_personal("03/05/2022", TODAY) == ["a date of birth"]
    assert looks_personal("03/05/2023", TODAY) == []
    assert looks_personal("31/02/2012", TODAY) == []
    assert looks_personal("03/05/2023", day("2027-01-01")) == ["a date of birth"]


@given(st.text(max_size=200))
def test_any_text_at_all_is_looked_at(text: str) -> None:
    assert isinstance(looks_personal(text, TODAY), list)


PIECES = st.sampled_from(
    ["Mr", "Mrs.", "Sarah", "Smith", "the", "Council", "03/05/2012", "99-99-9999", "1", "٣", "ſep 2012", "31 Feb 2011",
     "born", "SW1A", "2AA", "943 476", "5919", "@", "+44", "(0", "'", "’s", ".", "\u2028", "İ", "AB123456C"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=12), st.sampled_from(["", " ", ". ", "-"]))
def test_pieces_of_what_is_looked_for_are_looked_at(pieces: list[str], between: str) -> None:
    assert isinstance(looks_personal(between.join(pieces), TODAY), list)


def check_digit(nine: str) -> int:
    """Reckoned the other way round: all ten digits, weighted 10 to 1, sum to a multiple of 11; 10 where none does."""
    weighted = sum((10 - place) * int(digit) for place, digit in enumerate(nine))
    return next((last for last in range(10) if (weighted + last) % 11 == 0), 10)


@given(st.from_regex(r"[1-9][0-9]{8}", fullmatch=True), st.integers(0, 9))
def test_only_the_check_digit_makes_ten_digits_an_nhs_number(nine: str, last: int) -> None:
    text = f"{nine[:3]} {nine[3:6]} {nine[6:]}{last}"
    is_one = last == check_digit(nine)
    assert is_nhs_number(text) is is_one
    assert ("an NHS number" in looks_personal(f"number {text} given", TODAY)) is is_one


@pytest.mark.parametrize("text", ["", "943476591", "94347659190", "943 476 591x"])
def test_what_has_not_ten_digits_is_no_nhs_number(text: str) -> None:
    assert not is_nhs_number(text)


def test_a_reference_is_a_national_insurance_number_only_as_a_whole() -> None:
    assert is_national_insurance_number("AB123456C")
    assert not is_national_insurance_number("AB123456C-1")
    assert not is_national_insurance_number("GB123456C")
