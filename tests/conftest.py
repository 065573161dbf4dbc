"""Shared by all tests: quiet, on one thread, and never in the user's own cache."""

import os
import tempfile
from pathlib import Path

import pytest
from browsers import browser, opened  # noqa: F401
from golden_files import GoldenFiles

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


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-golden`, for outputs whose VERSION was raised; `--update-notebooks`, for what notebooks give."""
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write golden outputs that are missing, and those whose VERSION was raised",
    )
    parser.addoption("--update-notebooks", action="store_true", help="store what notebooks give when they are run")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slow ones first: at the end a worker would be left alone with them."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> GoldenFiles:
    """Golden outputs, `tests/golden/`: `golden.check(name, VERSION, output, where)`."""
    return GoldenFiles(update=request.config.getoption("--update-golden"))
