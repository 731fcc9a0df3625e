"""procrastinate on PostgreSQL: `python procrastinate_jobs.py URL COUNT`; prints the seconds for a change.

A job for each change, one worker, its task moving a case and adding a row to a log in one transaction. Only the
running of the jobs is timed, not their deferring.
"""

import asyncio
import sys
import time

import procrastinate
import psycopg

URL, COUNT = sys.argv[1], int(sys.argv[2])
WARM = 20
APP = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=URL))
TABLES = """
CREATE TABLE cases (id serial PRIMARY KEY, reference text UNIQUE, state text, letter_sent_on date, appeal_by date);
CREATE TABLE log (id serial PRIMARY KEY, case_id int REFERENCES cases, trigger text, source text, dest text,
                  recorded_at timestamptz DEFAULT now());
INSERT INTO cases (reference, state) SELECT 'C-' || n, 'assessment_refused' FROM generate_series(0, {}) AS n;
"""
MOVE = """UPDATE cases SET state = 'letter_sent', letter_sent_on = '2026-02-23', appeal_by = '2026-04-23'
          WHERE reference = %s AND state = 'assessment_refused' RETURNING id"""
LOG = "INSERT INTO log (case_id, trigger, source, dest) VALUES (%s, 'send_letter', 'assessment_refused', 'letter_sent')"


async def main() -> None:
    async with await psycopg.AsyncConnection.connect(URL) as connection, APP.open_async():
        await connection.execute(TABLES.format(COUNT + WARM))
        await connection.commit()

        @APP.task(name="send_letter")
        async def send_letter(number: int) -> None:
            async with connection.transaction():
                found = await (await connection.execute(MOVE, (f"C-{number}",))).fetchone()
                if found:
                    await connection.execute(LOG, found)

        await APP.schema_manager.apply_schema_async()
        await run(send_letter, range(WARM))
        print(await run(send_letter, range(WARM, WARM + COUNT)) / COUNT)


async def run(task: procrastinate.tasks.Task, numbers: range) -> float:
    """The seconds in which a worker runs a job for each number."""
    await task.batch_defer_async(*({"number": number} for number in numbers))
    start = time.perf_counter()
    await APP.run_worker_async(wait=False, concurrency=1, install_signal_handlers=False, delete_jobs="never")
    return time.perf_counter() - start


asyncio.run(main())
