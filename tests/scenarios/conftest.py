"""Scenarios share most of their models, and loading them is nearly all of the time."""

import functools
import json

import pytest

from linksim import zoo


@pytest.fixture(scope="session", autouse=True)
def _models_loaded_once():
    load = functools.lru_cache(lambda name, options, load=zoo.load: load(name, json.loads(options)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zoo, "load", lambda name, options=None: load(name, json.dumps(options)))
        yield
