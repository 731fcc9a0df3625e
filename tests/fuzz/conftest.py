"""The databases of the acceptance tests."""

from tests.acceptance.conftest import lived

__all__ = ["lived"]
