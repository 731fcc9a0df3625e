"""`make demo`: six cases on a simulated clock, through the real command and the real daemon, with the log at the end.

Each step is a command that could be typed; nothing here reaches into the product. The database is a new file in a
temporary folder, so that the demo can be repeated and leaves nothing behind.
"""

import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from workflow.main import globals_first, run


def command(database: str, words: list[str]) -> str:
    """Run one `redress` command in this process and give back what it showed.

    A refusal is shown like an answer; any other failure ends the demo.
    """
    shown, said = io.StringIO(), io.StringIO()
    with redirect_stdout(shown), redirect_stderr(said):
        code = run(globals_first(["--database", database, *words]))
    if code not in (0, 3):
        sys.exit(f"redress {' '.join(words)}: exit {code}\n{shown.getvalue()}{said.getvalue()}")
    refusal = [line for line in said.getvalue().splitlines() if line.startswith("redress:")]
    return "\n".join([shown.getvalue().rstrip(), *refusal]).strip()


@contextmanager
def daemon(database: str) -> Iterator["subprocess.Popen[str]"]:
    """The real daemon, beside the commands, stopped in order at the end."""
    words = [sys.executable, "-m", "workflow.main", "--database", database, "daemon"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


def wait_for_firings(process: "subprocess.Popen[str]", count: int) -> Iterator[str]:
    """What the daemon logs, up to so many deadlines fired."""
    assert process.stderr is not None
    for line in process.stderr:
        event = json.loads(line)
        if event["event"] == "deadline fired":
            late = f"{event['late_seconds']} seconds after its instant"
            yield f"  {event['case']}: {event['trigger']} ({event['deadline']}), {late}"
            count -= 1
            if count == 0:
                return


# (what the reader is told, the instant to which the clock is set, the commands of that moment)
LIFE: list[tuple[str, str, list[str]]] = [
    (
        "Six decisions are made and their letters sent",
        "2026-06-22T09:00:00+01:00",
        [
            "open D-1 --decision assessment_refused --decided 2026-06-19",
            "open D-2 --decision plan_issued --decided 2026-06-19 --fact sections=B,F,I",
            "open D-3 --decision plan_issued --decided 2026-06-19",
            "open D-4 --decision plan_refused --decided 2026-06-19",
            "open D-5 --decision amendment_refused --decided 2026-06-19",
            "open D-6 --decision plan_ceased --decided 2026-06-19",
            *(f"advance D-{n} send_letter --on 2026-06-20 --fact letter_method=email" for n in range(1, 7)),
        ],
    ),
    (
        "D-1 declines mediation; D-2 and D-5 ask for it; D-3 appeals the school alone, which needs no certificate",
        "2026-07-10T12:00:00+01:00",
        [
            "advance D-1 advise_mediation --on 2026-07-01",
            "advance D-1 lodge_appeal",
            "advance D-1 decline_mediation --on 2026-07-07",
            "advance D-1 issue_certificate --on 2026-07-10 --fact certificate_reference=C-881",
            "advance D-2 advise_mediation --on 2026-07-01",
            "advance D-2 request_mediation --on 2026-07-02",
            "advance D-5 advise_mediation --on 2026-07-03",
            "advance D-5 request_mediation --on 2026-07-03",
            "advance D-3 lodge_appeal --on 2026-07-09 --fact sections=I --fact tribunal_reference=EH000/26/00001",
        ],
    ),
    (
        "D-2's mediation settles section B and leaves F and I; D-5's is not arranged in 30 days",
        "2026-08-03T12:00:00+01:00",
        [
            "advance D-2 conclude_mediation --on 2026-07-30 --fact outcome=partial --fact agreed_issues=B "
            "--fact remaining_issues=F,I --fact agreement_kind=amend_plan",
            "advance D-2 issue_certificate --on 2026-08-03",
            "advance D-5 mediation_not_arranged --on 2026-08-02",
        ],
    ),
    (
        "The two months have ended in August, so nothing has expired: D-4's family has until 1 September",
        "2026-09-01T16:59:59+01:00",
        ["daemon --once", "explain D-4 lodge_appeal", "show D-5"],
    ),
    (
        "A second later the window of D-4 and D-6 has passed, and D-1's too",
        "2026-09-01T17:00:00+01:00",
        ["daemon --once"],
    ),
    (
        "The Tribunal writes: D-6's appeal was in time. The certificate of D-5 comes at last, with its own month",
        "2026-09-15T10:00:00+01:00",
        [
            "advance D-6 lodge_appeal --on 2026-08-28",
            "advance D-6 advise_mediation --on 2026-08-10",
            "advance D-6 issue_certificate --on 2026-08-14",
            "advance D-6 lodge_appeal --on 2026-08-28 --fact tribunal_reference=EH000/26/00002",
            "advance D-5 issue_certificate --on 2026-09-14",
            "worklist --overdue",
        ],
    ),
    (
        "D-2's appeal was lodged too; the month of D-5's certificate is nearly over",
        "2026-10-14T16:59:59+01:00",
        ["advance D-2 lodge_appeal --on 2026-09-02", "daemon --once", "show D-6"],
    ),
]
LAST = "2026-10-14T17:00:00+01:00"


def live(database: str) -> None:
    print(command(database, ["init", "--simulated"]))
    for told, instant, commands in LIFE:
        print(f"\n=== {instant}  {told}")
        for number, line in enumerate(commands):
            words = line.split()
            print(f"\n$ redress {line}")
            print(command(database, ["--as-at", instant, *words] if number == 0 else words))
    print(f"\n=== {LAST}  The daemon, running beside us, sees the clock pass D-5's last second\n")
    with daemon(database) as running:
        command(database, ["--as-at", LAST, "doctor"])
        for line in wait_for_firings(running, count=1):
            print(line)
    print("\n=== The log, and its proof")
    for line in ("audit log", "audit verify"):
        print(f"\n$ redress {line}\n{command(database, line.split())}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        live(f"sqlite:///{Path(folder) / 'demo.db'}")
