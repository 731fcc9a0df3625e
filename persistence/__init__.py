"""Where a case is kept: tables, sessions, the append-only log and its chain, on SQLite or PostgreSQL.

Nothing here knows what a trigger means; the floor above says what to write, and this one writes all of it or nothing.
"""
