"""On a narrow terminal what does not fit is folded: nothing of what is shown is cut off."""

import re
from collections import Counter
from collections.abc import Callable

import pytest

from tests.acceptance.command import Redress

# How a page is drawn has nothing to do with the database.
pytestmark = pytest.mark.parametrize("backend", ["sqlite"])

LONG = "SEND-2026/COUNTY-NORTH_0001234567890123"
STORY = f"""
    @ 2026-02-24T09:00:00+00:00
    policy --set reminders="14,3"
    open H-1 --decision plan_refused --requested 2025-10-20 --decided 2026-02-20 --owner a.very.long.login
    advance H-1 send_letter --on 2026-02-20 --fact letter_method=post_second_class
    open {LONG} --decision plan_refused --decided 2026-02-20
    advance {LONG} send_letter --on 2026-02-20 --fact letter_method=email
    advance {LONG} advise_mediation --on 2026-02-23
    advance {LONG} issue_certificate --on 2026-02-24 --fact certificate_reference={LONG}
"""


@pytest.fixture
def redress(after: Callable[[str], Redress], monkeypatch: pytest.MonkeyPatch) -> Redress:
    redress = after(STORY)
    monkeypatch.setenv("FORCE_COLOR", "1")  # as on a terminal
    return redress


@pytest.mark.parametrize("width", [80, 60, 40])
@pytest.mark.parametrize(
    "command",
    [
        "show H-1", f"show {LONG}", f"next {LONG}", "explain H-1 lodge_appeal", f"explain {LONG} lodge_appeal",
        "worklist", "report --month 2026-02", "report --from 2026-02-01", "report --sen2 2026", "reminders",
        "calculate decision=plan_refused letter_sent_on=2026-02-20", "holidays",
    ],
)  # fmt: skip
def test_nothing_is_cut_off(redress: Redress, monkeypatch: pytest.MonkeyPatch, command: str, width: int) -> None:
    def shown(columns: int) -> str:
        monkeypatch.setenv("COLUMNS", str(columns))
        return re.sub(r"\x1b\[[0-9;]*m", "", redress.does(command).out)

    wide, narrow = shown(500), shown(width)
    assert max(map(len, narrow.splitlines())) <= width
    assert Counter("".join(narrow.split())) == Counter("".join(wide.split()))
