"""Weights of another run, or of a smaller network, to start from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops

from linksim.errors import LinksimError
from linksim.identity import digest_bytes
from linksim.messages import tell
from linksim.training.recipe import Recipe
from linksim.zoo.weights import load_arrays, variable_names


def start_from(codec: Any, source: Path | Mapping[str, np.ndarray], recipe_name: str) -> None:
    """Fill a codec with what it has in common with a checkpoint or weights file, or with arrays by name.

    Raises
    ------
    LinksimError
        If that is less than a third.
    """
    if isinstance(source, Mapping):
        take_common(codec, source, "the model it starts from", recipe_name)
    else:
        arrays = {n.removeprefix("codec/"): a for n, a in load_arrays(source).items()}
        take_common(codec, arrays, str(source), recipe_name)


def take_common(codec: Any, arrays: Mapping[str, np.ndarray], where: str, recipe_name: str) -> None:
    """The same, from arrays by the names of `linksim.zoo.weights`; `where` they are from, for the message."""
    # A kernel of another size is another network's, whatever its place.
    taken: dict[str, tuple[int, ...]] = {}
    fitting = 0
    for name, variable in zip(variable_names(codec), codec.weights, strict=True):
        if name in arrays and _related(arrays[name].shape, variable.shape):
            # Channels of a latent are in the order of its layers: what both have in common comes first.
            value = ops.convert_to_numpy(variable).copy()
            common = tuple(slice(min(a, b)) for a, b in zip(arrays[name].shape, value.shape))
            value[common] = arrays[name][common]
            variable.assign(value)
            taken[variable.path] = arrays[name].shape
            fitting += 1
    # One scheme may have many decoders more than the other; the encoder's five layers are a third of the smallest.
    if fitting < min(len(arrays), len(codec.weights)) / 3:
        raise LinksimError(
            f"{where} has {fitting} of {len(codec.weights)} weights in common with {recipe_name!r}; "
            "name another warm_start"
        )
    codec.fill_in(taken)


def beginning(recipe: Recipe, given: Mapping[str, np.ndarray] | None) -> str:
    """What a run starts from, in the words of its card: another run, an analytic start, or weights that somebody gave;
    "" for random weights."""
    if recipe.warm_start:
        return f"started from {recipe.warm_start}"
    if recipe.analytic_start:
        return "analytic start"
    if given is not None:
        sha256 = digest_bytes(np.ascontiguousarray(array).tobytes() for array in given.values())
        return f"started from given weights (SHA-256 {sha256[:12]}..)"
    return ""


def say_if_unused(recipe: Recipe, given: Mapping[str, np.ndarray] | None, began: str, checkpoint: Path) -> None:
    """One line to the user, where a run goes on from a checkpoint that began with other weights than are given now.

    Parameters
    ----------
    recipe : Recipe
    given : mapping of arrays, optional
        Weights of a codec that somebody brought along, by name.
    began : str
        What the run of the checkpoint began with, as `beginning` said then.
    checkpoint : Path
    """
    now, random = beginning(recipe, given), "started from random weights"
    # Older checkpoints do not say what they began with, and a recipe that is the same says the same of it.
    if now != began and (began or given is not None):
        tell(
            f"{checkpoint} goes on; its run {began or random}, and for one that {now or random} choose another name or "
            "folder"
        )


def _related(old: Sequence[int], new: Sequence[int]) -> bool:
    """Whether weights of two shapes may be one weight that has grown: convolutions of one kernel size."""
    return len(old) == len(new) and (len(old) != 4 or tuple(old[:2]) == tuple(new[:2]))
