"""The properties run the same examples every time, and leave nothing behind."""

from hypothesis import settings

settings.register_profile("unit", derandomize=True, database=None, deadline=None, max_examples=150)
settings.load_profile("unit")
