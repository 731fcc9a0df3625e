"""Roles on PostgreSQL: what the database itself refuses to a session, whatever program it runs."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

import psycopg
import pytest

from tests.acceptance.command import Redress
from tests.backends import straight_in

pytestmark = pytest.mark.parametrize("backend", ["postgresql"])

STORY = """
    @ 2026-02-24T09:00:00+00:00
    open H-1 --decision plan_refused --decided 2026-02-20
    advance H-1 send_letter --on 2026-02-20 --fact letter_method=email
    open H-2 --decision plan_refused --decided 2026-02-20
"""
PEOPLE = {"cal": "caseworker", "mia": "manager", "aud": "auditor", "sys": "system"}


@dataclass
class Office:
    """A database with its own roles, and a user for each."""

    owner: Redress
    name: str

    def user(self, who: str) -> str:
        return f"{self.name}_{who}"

    def url(self, who: str) -> str:
        return self.owner.url.replace("postgres:", f"{self.user(who)}:", 1)

    def of(self, who: str) -> Redress:
        """The command as this user types it."""
        return Redress(self.url(who))

    def run(self, who: str, *statements: str) -> None:
        with closing(psycopg.connect(self.url(who))) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    def denied(self, who: str, *statements: str) -> str:
        """What the database answers to statements that it must refuse, at the latest at the commit; all are undone."""
        with pytest.raises(psycopg.Error) as refused:
            self.run(who, *statements)
        assert refused.value.sqlstate == "42501", refused.value
        return str(refused.value)


@pytest.fixture
def office(after: Callable[[str], Redress]) -> Iterator[Office]:
    redress = after(STORY)
    name = redress.url.partition("?")[0].rsplit("/", 1)[1]
    made = Office(redress, name)
    redress.does("roles setup")
    with straight_in(redress.url) as connection:
        for who in (*PEOPLE, "new"):
            connection.execute(f"CREATE USER {made.user(who)}")
    for who, role in PEOPLE.items():
        redress.does(f"roles give {made.user(who)} {role}")
    yield made
    with straight_in(redress.url) as connection:
        prefix = redress.rows("SELECT value FROM meta WHERE key = 'roles_prefix'")[0][0]
        for user in [*map(made.user, (*PEOPLE, "new")), *(f"{prefix}_{role}" for role in PEOPLE.values())]:
            connection.execute(f'DROP OWNED BY "{user}"')
            connection.execute(f'DROP ROLE "{user}"')


def test_each_acts_in_the_name_and_role_of_the_session(office: Office) -> None:
    office.of("cal").does("advance H-1 advise_mediation")
    assert office.owner.log("H-1")[-1]["actor"] == office.user("cal")
    assert office.of("aud").does("roles --json").document["you"] == {"actor": office.user("aud"), "role": "auditor"}
    office.of("mia").does("advance H-2 concede")
    office.of("sys").at("2026-04-23T19:00:00+01:00").does("daemon --once")
    assert office.of("aud").does("audit verify --json").document["intact"] is True


def test_an_auditor_reads_everything_and_writes_nothing(office: Office) -> None:
    auditor = office.of("aud")
    for command in (
        "show H-1",
        "worklist",
        "audit log",
        "audit verify",
        "audit export",
        "doctor",
        "explain H-1 lodge_appeal",
    ):
        auditor.does(command)
    for command in (
        "open H-9 --decision plan_refused --decided 2026-02-20",
        "record H-1 letter_received_on=2026-02-21",
    ):
        assert "is an auditor" in auditor.run(command).err
        assert auditor.run(command).code == 3
    answer = auditor.run("audit checkpoint")
    assert answer.code == 3
    assert "the database refuses it: permission denied" in answer.err
    for statement in (
        "INSERT INTO meta VALUES ('x', 'y')",
        "UPDATE cases SET state = 'closed'",
        "DELETE FROM facts",
        "INSERT INTO refusals SELECT * FROM refusals",
        "TRUNCATE log",
    ):
        office.denied("aud", statement)


LAST = "(SELECT hash FROM log WHERE case_id = 2 ORDER BY seq DESC LIMIT 1)"
TOKEN = "(SELECT token FROM cases WHERE id = 2)"  # noqa: S105


def entry(actor: str, *, seq: int = 2, previous: str = LAST, trigger: str = "record") -> str:
    return (
        "INSERT INTO log (case_id, token, seq, trigger, source, dest, happened_on, recorded_at, actor, facts, "
        f"deadlines, definition, previous, hash) VALUES (2, {TOKEN}, {seq}, '{trigger}', 'plan_refused', "
        f"'plan_refused', '2026-02-24', now(), '{actor}', '{{}}', '[]', 'x', {previous}, 'y')"
    )


ROUND_THE_LOG = (
    ("UPDATE log SET note = 'x'", "permission denied for table log"),
    ("DELETE FROM log", "permission denied for table log"),
    ("TRUNCATE log", "permission denied for table log"),
    (entry("somebody"), "may not write an entry (record) in the name of somebody"),
    (entry("redress daemon"), "in the name of redress daemon"),
    (entry("ME", previous="'other'"), "an entry must follow the last one of its case"),
    (entry("ME", seq=5), "an entry must follow the last one of its case"),
    (entry("ME", trigger="concede"), "concede is for a manager"),
    (entry("ME", trigger="erase"), "erase is for a manager"),
    (entry("ME", trigger="expire_appeal"), "may not write an entry (expire_appeal)"),
    (entry("ME"), "must stand as its log says"),
    ("UPDATE cases SET state = 'closed' WHERE id = 2", "the case H-2 must stand as its log says"),
    ("UPDATE cases SET reference = 'other' WHERE id = 2", "permission denied"),
    ("DELETE FROM cases WHERE id = 2", "permission denied for table cases"),
    ("DELETE FROM facts WHERE case_id = 2 AND name = 'decided_on'", "the fact decided_on must stand"),
    ("INSERT INTO facts VALUES (2, 'letter_sent_on', '2026-02-20', 1)", "the fact letter_sent_on must stand"),
    ("UPDATE deadlines SET due_on = '2030-01-01' WHERE case_id = 1", "must stand as the log says"),
    ("UPDATE case_keys SET key = 'x'", "permission denied for table case_keys"),
    ("INSERT INTO case_keys SELECT 1, 'H-1', 'x'", "a case gets its key when it is opened"),
    ("UPDATE meta SET value = '{}' WHERE key = 'policy'", "may not change the setting policy"),
    ("INSERT INTO roles VALUES ('ME', 'manager')", "permission denied for table roles"),
    ("SELECT redress_give_role(session_user::text, 'manager')", "permission denied for function redress_give_role"),
    ("ALTER TABLE log DISABLE TRIGGER ALL", "must be owner of table log"),
    ("SET session_replication_role = replica", "permission denied to set parameter"),
    ("INSERT INTO refusals (case_id, at, actor, role, kind, trigger, state, guard, why, hash) "
     "VALUES (2, now(), 'somebody', 'manager', 'a', 'b', 'c', 'd', 'e', 'f')", "in the name of somebody"),
)  # fmt: skip


def test_a_caseworker_cannot_go_round_the_log_by_sql(office: Office) -> None:
    before = office.owner.contents()
    for statement, answer in ROUND_THE_LOG:
        assert answer in office.denied("cal", statement.replace("'ME'", f"'{office.user('cal')}'")), statement
        assert office.owner.contents() == before, statement


def test_a_sealed_fact_is_written_only_with_the_entry_that_says_it(office: Office) -> None:
    office.of("cal").does("advance H-1 advise_mediation")
    office.of("cal").does("advance H-1 decline_mediation")
    office.of("cal").does("advance H-1 issue_certificate --fact certificate_reference=MED/7")
    name = "case_id = 1 AND name = 'certificate_reference'"
    for statements in (
        [f"DELETE FROM facts WHERE {name}", "INSERT INTO facts VALUES (1, 'certificate_reference', 'MED/8', 3)"],
        [f"DELETE FROM facts WHERE {name}"],
    ):
        assert "the fact certificate_reference must stand" in office.denied("cal", *statements)
    office.of("cal").does("correct H-1 certificate_reference=MED/8 --reason x")
    assert office.owner.is_intact()


def test_a_proposal_is_made_and_dropped_with_a_record_of_it(office: Office) -> None:
    owner, cal, mia = office.owner, office.of("cal"), office.of("mia")
    mia.does("policy --set second-person=on")
    owner.at("2026-06-02T09:00:00+01:00").does("daemon --once")
    said = "correct H-1 letter_sent_on=2026-05-01 --reason x"
    cal.does(said)
    before = owner.contents()
    put = f"INSERT INTO proposals VALUES (2, 1, now(), '{office.user('mia')}', 'x')"
    for statements in (["DELETE FROM proposals"], ["DELETE FROM proposals", put], [put]):
        assert "with a record of it" in office.denied("mia", *statements)
        assert owner.contents() == before
    mia.does("confirm H-1 --drop")
    cal.does(said)
    mia.does("record H-1 letter_dated_on=2026-02-20")
    cal.does(said)
    mia.does("confirm H-1")
    assert owner.is_intact()
    assert owner.rows("SELECT act FROM office_log WHERE act LIKE '%prop%' ORDER BY seq") == [
        ("propose",), ("drop_proposal",), ("propose",), ("propose",),
    ]  # fmt: skip


def test_a_refusal_is_one_sentence_whoever_is_refused(office: Office) -> None:
    for who, words in (("aud", "confirm H-1"), ("cal", "advance H-1 advise_mediation --actor somebody")):
        answer = office.of(who).run(words)
        assert answer.code == 3
        assert answer.err.count("\n") == 1, answer.err
    kept = office.owner.rows("SELECT actor, role FROM refusals")
    assert kept == [(office.user("cal"), "caseworker")]


def test_a_caseworker_is_told_by_the_command_who_may(office: Office) -> None:
    office.of("cal").refuses("advance H-1 concede", f"{office.user('cal')} is a caseworker")
    office.of("cal").refuses(f"roles give {office.user('cal')} manager", "is for a manager")
    answer = office.of("new").run("advance H-1 advise_mediation")
    assert answer.code == 3
    assert "This user may not do this: the database refuses it: permission denied" in answer.err


def test_a_manager_gives_and_takes_roles_and_it_is_recorded(office: Office) -> None:
    manager = office.of("mia")
    manager.does(f"roles give {office.user('new')} caseworker")
    office.of("new").does("advance H-1 advise_mediation")
    manager.does(f"roles take {office.user('new')}")
    assert office.of("new").run("show H-1").code != 0
    manager.refuses("roles give nobody_at_all caseworker", "has no user nobody_at_all", code=2)
    assert office.owner.rows("SELECT act, actor FROM office_log ORDER BY seq DESC LIMIT 2") == [
        ("take_role", office.user("mia")), ("give_role", office.user("mia")),
    ]  # fmt: skip
    said = office.denied("mia", f"SELECT redress_give_role('{office.user('new')}', 'auditor')")
    assert "a role is given and taken with a record of it" in said


def test_a_manager_sets_the_policy_by_the_command_and_not_by_sql(office: Office) -> None:
    office.of("mia").does("policy --set second-person=on")
    assert "may not change the setting policy" in office.denied(
        "mia", "UPDATE meta SET value = '{}' WHERE key = 'policy'"
    )


def test_done_twice_the_set_up_changes_nothing(office: Office) -> None:
    assert "as they were" in office.owner.does("roles setup").out
    office.of("cal").does("advance H-1 advise_mediation")
    doctor = {each["name"]: each["ok"] for each in office.owner.does("doctor --json").document["checks"]}
    assert "roles" not in doctor


def test_the_doctor_says_where_nobody_is_held_to_a_role(redress: Redress) -> None:
    assert "ok    roles: none in the database: whoever can log in" in redress.does("doctor").out
