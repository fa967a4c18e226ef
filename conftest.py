import os

import pytest

from tests import chromium, nbval_guard  # noqa: F401  (nbval_guard acts by being imported)


@pytest.fixture(scope="session")
def chromium_path():
    """A browser; without one the browser tests are skipped, but never in CI."""
    path = chromium.find()
    if path is None:
        reason = "no Chromium: install one, or run python -m playwright install chromium"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    return path
