"""Shared by all tests: quiet, on one thread, and never in the user's own cache."""

import os
import tempfile
from pathlib import Path

import pytest

# Results may not depend on the threads that a machine has; set before TensorFlow is imported.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("LINKSIM_CACHE", tempfile.mkdtemp(prefix="linksim-tests-"))


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """`LINKSIM_DATA`; tests that need it skip where it is not set."""
    folder = os.environ.get("LINKSIM_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("LINKSIM_DATA is not set: the data sets are not on this machine")
    return Path(folder).resolve()
