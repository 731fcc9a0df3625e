"""What PostgreSQL itself refuses, once the roles are set up: functions and triggers, in its own language.

They hold every session but those of the owner and of superusers. An entry bears the name of who is logged in and
follows the case's last one; a case, a fact or a deadline that is written stands, at the commit, as the log says. Each
@name@ is filled in by `persistence/postgres_roles.py`. Every function names its schema, and looks nowhere else, so that
no temporary table can stand in for one of ours. Privileges are asked of the session's user, whom SET ROLE leaves alone.
"""

# ruff: noqa: S608  (nothing but our own words and quoted names is put together here)

_HEAD = "LANGUAGE plpgsql SET search_path = @schema@, pg_temp AS $$"
_OWNER_IS_FREE = (
    "IF pg_has_role(session_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN "
    "RETURN COALESCE(NEW, OLD); END IF;"
)
_REFUSE = "USING ERRCODE = 'insufficient_privilege'"

_ENTRY = f"""
CREATE OR REPLACE FUNCTION @schema@.redress_entry_is_own() RETURNS trigger {_HEAD}
DECLARE last record;
BEGIN
  {_OWNER_IS_FREE}
  SELECT hash, token, trigger, actor, recorded_at INTO last FROM @schema@.log
    WHERE case_id = NEW.case_id AND seq = NEW.seq - 1;
  IF NEW.previous IS DISTINCT FROM (CASE WHEN NEW.seq = 1 THEN '@genesis@' ELSE last.hash END)
    OR (NEW.seq > 1 AND NEW.token IS DISTINCT FROM last.token) THEN
    RAISE EXCEPTION 'an entry must follow the last one of its case' {_REFUSE};
  END IF;
  IF NEW.trigger IN (@managers@) AND NOT pg_has_role(session_user, @manager@, 'USAGE') THEN
    RAISE EXCEPTION '% is for a manager, and % is none', NEW.trigger, session_user {_REFUSE};
  END IF;
  IF NEW.actor = '@daemon@' THEN
    IF pg_has_role(session_user, @system@, 'USAGE')
      OR (last.trigger = 'correct' AND last.actor = session_user AND last.recorded_at = NEW.recorded_at
          AND NEW.trigger IN (@daemons@)) THEN
      RETURN NEW;
    END IF;
  ELSIF NEW.actor = session_user AND NEW.trigger NOT IN (@daemons@)
    AND (pg_has_role(session_user, @caseworker@, 'USAGE') OR pg_has_role(session_user, @manager@, 'USAGE')) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% may not write an entry (%) in the name of %', session_user, NEW.trigger, NEW.actor {_REFUSE};
END $$
"""

_CASE = f"""
CREATE OR REPLACE FUNCTION @schema@.redress_case_is_as_logged() RETURNS trigger {_HEAD}
DECLARE said record; stands record;
BEGIN
  {_OWNER_IS_FREE}
  SELECT * INTO stands FROM @schema@.cases WHERE id = NEW.id;
  SELECT dest, seq, hash, token INTO said FROM @schema@.log WHERE case_id = NEW.id ORDER BY seq DESC LIMIT 1;
  IF (stands.state, stands.version, stands.head, stands.token)
    IS DISTINCT FROM (said.dest, said.seq, said.hash, said.token) THEN
    RAISE EXCEPTION 'the case % must stand as its log says', stands.reference {_REFUSE};
  END IF;
  RETURN NULL;
END $$
"""

_LOGGED = _CASE.replace("redress_case_is_as_logged", "redress_log_moves_its_case").replace("NEW.id", "NEW.case_id")

# What the log keeps sealed can't be read here: such a fact may only be written together with the entry that says it.
_FACT = f"""
CREATE OR REPLACE FUNCTION @schema@.redress_fact_is_as_logged() RETURNS trigger {_HEAD}
DECLARE changed record; said text; said_by text; stands text; stands_by text;
BEGIN
  {_OWNER_IS_FREE}
  IF TG_OP = 'DELETE' THEN changed := OLD; ELSE changed := NEW; END IF;
  SELECT facts::jsonb ->> changed.name, xmin::text INTO said, said_by FROM @schema@.log
    WHERE case_id = changed.case_id AND jsonb_exists(facts::jsonb, changed.name) ORDER BY seq DESC LIMIT 1;
  SELECT value, xmin::text INTO stands, stands_by FROM @schema@.facts
    WHERE case_id = changed.case_id AND name = changed.name;
  IF stands IS DISTINCT FROM said AND (stands IS NULL OR said IS NULL OR NOT starts_with(said, 'sealed:')
      OR stands_by <> said_by) THEN
    RAISE EXCEPTION 'the fact % must stand as the log says', changed.name {_REFUSE};
  END IF;
  RETURN NULL;
END $$
"""

_DEADLINE = f"""
CREATE OR REPLACE FUNCTION @schema@.redress_deadline_is_as_logged() RETURNS trigger {_HEAD}
DECLARE said jsonb; stands record;
BEGIN
  {_OWNER_IS_FREE}
  SELECT change INTO said FROM @schema@.log, jsonb_array_elements(deadlines::jsonb) change
    WHERE case_id = NEW.case_id AND change ->> 'id' = NEW.deadline ORDER BY seq DESC LIMIT 1;
  SELECT * INTO stands FROM @schema@.deadlines WHERE case_id = NEW.case_id AND deadline = NEW.deadline;
  IF (stands.kind, stands.status, stands.due_on, stands.fires_at, stands.missed, stands.ended_on) IS DISTINCT FROM
    (said ->> 'kind', said ->> 'status', (said ->> 'due_on')::date, (said ->> 'fires_at')::timestamptz,
     (said ->> 'missed')::boolean, (said ->> 'ended_on')::date) THEN
    RAISE EXCEPTION 'the deadline % must stand as the log says', NEW.deadline {_REFUSE};
  END IF;
  RETURN NULL;
END $$
"""

_KEY = f"""
CREATE OR REPLACE FUNCTION @schema@.redress_key_is_of_a_new_case() RETURNS trigger {_HEAD}
BEGIN
  {_OWNER_IS_FREE}
  IF EXISTS (SELECT FROM @schema@.log WHERE case_id = NEW.case_id AND seq > 1) THEN
    RAISE EXCEPTION 'a case gets its key when it is opened' {_REFUSE};
  END IF;
  RETURN NEW;
END $$
"""

_NAMED = f"""
CREATE OR REPLACE FUNCTION @schema@.redress_actor_is_own() RETURNS trigger {_HEAD}
BEGIN
  {_OWNER_IS_FREE}
  IF NEW.actor = session_user OR (NEW.actor = '@daemon@' AND pg_has_role(session_user, @system@, 'USAGE')) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% may not write in the name of %', session_user, NEW.actor {_REFUSE};
END $$
"""

# A proposal comes with an act of who proposes it. It goes when its case moves on, or with a later act about it.
_PROPOSAL = f"""
CREATE OR REPLACE FUNCTION @schema@.redress_proposal_is_recorded() RETURNS trigger {_HEAD}
DECLARE changed record; proposed bigint;
BEGIN
  {_OWNER_IS_FREE}
  IF TG_OP = 'DELETE' THEN changed := OLD; ELSE changed := NEW; END IF;
  SELECT act.seq INTO proposed FROM @schema@.office_log act JOIN @schema@.cases c ON c.token = act.subject
    WHERE c.id = changed.case_id AND act.act = 'propose' AND act.actor = changed.actor
      AND act.at = changed.proposed_at ORDER BY act.seq DESC LIMIT 1;
  IF (TG_OP = 'INSERT' AND proposed IS NULL)
    OR (TG_OP = 'DELETE'
        AND NOT EXISTS (SELECT FROM @schema@.cases WHERE id = changed.case_id AND version > changed.version)
        AND NOT EXISTS (SELECT FROM @schema@.office_log act JOIN @schema@.cases c ON c.token = act.subject
                        WHERE c.id = changed.case_id AND act.act IN ('propose', 'drop_proposal')
                          AND act.seq > COALESCE(proposed, 0))) THEN
    RAISE EXCEPTION 'a proposal is made and dropped with a record of it' {_REFUSE};
  END IF;
  RETURN NULL;
END $$
"""

_ACT = f"""
CREATE OR REPLACE FUNCTION @schema@.redress_act_is_own() RETURNS trigger {_HEAD}
BEGIN
  {_OWNER_IS_FREE}
  IF NEW.previous IS DISTINCT FROM (CASE WHEN NEW.seq = 1 THEN '@genesis@'
      ELSE (SELECT hash FROM @schema@.office_log WHERE seq = NEW.seq - 1) END) THEN
    RAISE EXCEPTION 'an act must follow the one before it' {_REFUSE};
  END IF;
  IF NEW.act NOT IN ('propose', 'drop_proposal') AND NOT pg_has_role(session_user, @manager@, 'USAGE') THEN
    RAISE EXCEPTION '% is for a manager, and % is none', NEW.act, session_user {_REFUSE};
  END IF;
  RETURN NEW;
END $$
"""

# A setting is a manager's, and recorded in the same transaction; heartbeats are the daemon's; a clock that is set by
# hand is everybody's, on a database that was made so.
_META = f"""
CREATE OR REPLACE FUNCTION @schema@.redress_setting_may_change() RETURNS trigger {_HEAD}
DECLARE changed record;
BEGIN
  {_OWNER_IS_FREE}
  IF TG_OP = 'DELETE' THEN changed := OLD; ELSE changed := NEW; END IF;
  IF TG_OP = 'UPDATE' AND NEW.key <> OLD.key THEN
    NULL;
  ELSIF starts_with(changed.key, '@heartbeats@') AND pg_has_role(session_user, @system@, 'USAGE') THEN
    RETURN changed;
  ELSIF TG_OP <> 'DELETE' AND changed.key IN ('simulated_now', 'clock_set')
    AND EXISTS (SELECT FROM @schema@.meta WHERE key = 'simulated_now') THEN
    RETURN changed;
  ELSIF TG_OP <> 'DELETE' AND changed.key IN ('policy', 'holidays')
    AND pg_has_role(session_user, @manager@, 'USAGE')
    AND EXISTS (SELECT FROM @schema@.office_log WHERE act IN ('set_policy', 'set_holiday') AND actor = session_user
                AND xmin::text = pg_current_xact_id()::xid::text) THEN
    RETURN changed;
  END IF;
  RAISE EXCEPTION '% may not change the setting %', session_user, changed.key {_REFUSE};
END $$
"""

# Membership is given by the owner's right, to whom a manager names, and never unrecorded.
_GIVE = f"""
CREATE OR REPLACE FUNCTION @schema@.redress_give_role(who text, which text) RETURNS void SECURITY DEFINER {_HEAD}
DECLARE held text;
BEGIN
  IF NOT pg_has_role(session_user, (SELECT relowner FROM pg_class WHERE oid = '@schema@.log'::regclass), 'USAGE')
    AND NOT pg_has_role(session_user, @manager@, 'USAGE') THEN
    RAISE EXCEPTION 'only a manager gives and takes roles' {_REFUSE};
  END IF;
  IF which IS NOT NULL AND which NOT IN (@given@) THEN
    RAISE EXCEPTION 'there is no role %', which {_REFUSE};
  END IF;
  IF NOT EXISTS (SELECT FROM @schema@.office_log WHERE act IN ('give_role', 'take_role') AND actor = session_user
                 AND subject = who AND became IS NOT DISTINCT FROM which
                 AND xmin::text = pg_current_xact_id()::xid::text) THEN
    RAISE EXCEPTION 'a role is given and taken with a record of it' {_REFUSE};
  END IF;
  FOREACH held IN ARRAY ARRAY[@given@] LOOP
    EXECUTE format('REVOKE %I FROM %I', @prefix@ || '_' || held, who);
  END LOOP;
  IF which IS NOT NULL THEN
    EXECUTE format('GRANT %I TO %I', @prefix@ || '_' || which, who);
  END IF;
END $$
"""

FUNCTIONS = (_ENTRY, _CASE, _LOGGED, _FACT, _DEADLINE, _KEY, _NAMED, _PROPOSAL, _ACT, _META, _GIVE)

_BEFORE = (
    ("log", "redress_entry_is_own", "INSERT"),
    ("case_keys", "redress_key_is_of_a_new_case", "INSERT"),
    ("refusals", "redress_actor_is_own", "INSERT"),
    ("proposals", "redress_actor_is_own", "INSERT"),
    ("office_log", "redress_actor_is_own", "INSERT"),
    ("office_log", "redress_act_is_own", "INSERT"),
    ("meta", "redress_setting_may_change", "INSERT OR UPDATE OR DELETE"),
)
_AT_COMMIT = (
    ("cases", "redress_case_is_as_logged", "INSERT OR UPDATE"),
    ("log", "redress_log_moves_its_case", "INSERT"),
    ("facts", "redress_fact_is_as_logged", "INSERT OR UPDATE OR DELETE"),
    ("deadlines", "redress_deadline_is_as_logged", "INSERT OR UPDATE"),
    ("proposals", "redress_proposal_is_recorded", "INSERT OR DELETE"),
)
TRIGGERS = (
    *(f"DROP TRIGGER IF EXISTS {function} ON @schema@.{table}" for table, function, _ in (*_BEFORE, *_AT_COMMIT)),
    *(
        f"CREATE TRIGGER {function} BEFORE {when} ON @schema@.{table} "
        f"FOR EACH ROW EXECUTE FUNCTION @schema@.{function}()"
        for table, function, when in _BEFORE
    ),
    *(
        f"CREATE CONSTRAINT TRIGGER {function} AFTER {when} ON @schema@.{table} DEFERRABLE INITIALLY DEFERRED "
        f"FOR EACH ROW EXECUTE FUNCTION @schema@.{function}()"
        for table, function, when in _AT_COMMIT
    ),
)
