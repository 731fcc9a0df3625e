"""The review pages: a web page on this machine on which everything can be looked at and nothing changed.

No script runs in it and nothing comes from elsewhere; the database is opened read-only.
"""
