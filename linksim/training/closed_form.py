"""Recipes without steps: the codec is what theory makes of the statistics of the training pictures."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from linksim.codecs.precision import precision
from linksim.errors import LinksimError
from linksim.training.chain import Chain
from linksim.training.data import load_data
from linksim.training.history import EpochReport
from linksim.training.recipe import Recipe
from linksim.training.validation import validate


def start_from_statistics(codec: Any, pictures: Any, recipe: Recipe) -> None:
    """Give a codec its analytic start.

    Raises
    ------
    LinksimError
        If it has none.
    """
    if not hasattr(codec, "learn_statistics"):
        raise LinksimError(f"codec {recipe.codec_name!r} has no analytic start; set analytic_start to False")
    if recipe.snr_db is None and getattr(codec, "start_needs_snr", True):
        raise LinksimError(f"recipe {recipe.name!r} has no SNR to start from; set analytic_start to False")
    codec.learn_statistics(pictures, None if recipe.snr_db is None else float(np.mean(recipe.snr_db)))


class ClosedForm:
    """A recipe without steps, carried out; `linksim.zoo.export` takes it like a finished `Training`."""

    def __init__(self, recipe: Recipe):
        start = time.monotonic()
        self.recipe = recipe
        with precision(recipe.precision):
            pictures, held_back = load_data(recipe)
            chain = Chain(recipe)
            self.codec = chain.codec
            start_from_statistics(self.codec, pictures, recipe)
            psnr = validate(chain, held_back, recipe.seed)[0]
        self.start = None
        self.history = [EpochReport(0, 10 ** (-psnr[-1] / 10), time.monotonic() - start, psnr)]

    @contextlib.contextmanager
    def best_weights(self) -> Iterator[Any]:
        """The codec."""
        yield self.codec
