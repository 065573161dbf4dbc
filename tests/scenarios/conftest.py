"""Scenarios share most of their models, and loading them is nearly all of the time."""

import functools
import json

import pytest

from linksim import zoo


@pytest.fixture(scope="session", autouse=True)
def _models_loaded_once():
    whole = zoo.load
    load = functools.lru_cache(lambda name, options: whole(name, json.loads(options)))

    @functools.wraps(whole)  # the patch lasts as long as the process: others look at it, too
    def loaded(name, options=None, codec=None):
        return load(name, json.dumps(options)) if codec is None else whole(name, options, codec)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zoo, "load", loaded)
        yield
