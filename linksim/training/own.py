"""`linksim.train`: a codec of one's own, and no registry."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops

from linksim.codecs.base import Codec, build
from linksim.codecs.registry import CODECS, create, name_of
from linksim.errors import LinksimError
from linksim.training.history import EpochReport
from linksim.training.progress import Progress
from linksim.training.recipe import Recipe
from linksim.training.run import train as carry_out
from linksim.zoo import catalog
from linksim.zoo.weights import variable_names

_ABOUT = ("name", "title", "training_snr_db")
"""What a configuration says beside the arguments that make the network."""


def train(
    codec: str | type[Codec] | Codec,
    recipe: Recipe,
    out: str | Path = catalog.RUNS,
    report: Callable[[EpochReport], None] | None = None,
) -> Codec:
    """Train a codec in `out/<recipe name>`, or go on where its last checkpoint stands.

    Leaves `checkpoint.h5`, `history.csv`, `samples.png`, `training.png` and, when done, `weights.h5` and `card.json`.
    Says how far it is: a bar on a terminal, a line every half minute where there is none. A call that is interrupted
    (Ctrl-C, a kill, a power failure) loses at most 500 steps; the same call goes on, and ends at the weights of an
    undisturbed one.

    Parameters
    ----------
    codec : class, codec or str
        A subclass of `linksim.codecs.Codec`, whose arguments are the recipe's `options`. Or a codec: it is left as it
        is, its weights are what training starts from, and its `get_config` gives the arguments. Or a name of
        `linksim.codecs.registry.CODECS`. Where there is a checkpoint, the run goes on from that, and a line says so if
        it began with other weights than those of the codec.
    recipe : Recipe
        Its `codec` may be left out.
    out : str or Path
        `zoo.load(name)` looks into the default, `runs`.
    report : function of EpochReport, optional
        Called after each 500 steps, when they are saved.

    Returns
    -------
    Codec
        With the best weights, as `zoo.load(out/<recipe name>, codec=Class)` gives it.

    Raises
    ------
    LinksimError
        If it is no codec, the recipe is of another one, its data or checkpoint cannot be used, or training diverges.

    Examples
    --------
    >>> recipe = Recipe("mine/first", options={"latent_channels": 8}, data="sample", crop=64, steps=2000)
    >>> link = AnalogLink(linksim.train(MyCodec, recipe), Awgn())
    """
    recipe, given = _joined(codec, recipe)
    out = Path(out)
    with Progress(recipe, out) as progress:

        def both(done: EpochReport) -> None:
            progress.report(done)
            if report is not None:
                report(done)

        carry_out(recipe, out, both, progress.tick, given)
    own = None if isinstance(recipe.codec, str) else recipe.codec
    return catalog.load((out / recipe.name).resolve(), codec=own)


def _joined(codec: str | type[Codec] | Codec, recipe: Recipe) -> tuple[Recipe, dict[str, np.ndarray] | None]:
    """The recipe of a codec, and the weights that a codec brought along."""
    if not isinstance(recipe, Recipe):
        what = f"a class, {recipe.__name__}" if isinstance(recipe, type) else f"of type {type(recipe).__name__}"
        raise LinksimError(f"the recipe is {what}; give linksim.train(codec, linksim.training.Recipe(..))")
    if not recipe.name:
        raise LinksimError("the recipe has no name; give it one, such as 'mine/first', for its folder")
    if isinstance(codec, Codec):
        recipe = _of(type(codec), dataclasses.replace(recipe, options=_options(codec, recipe)))
        return recipe, _weights(build(codec), recipe)
    if isinstance(codec, str) and codec not in CODECS:
        raise LinksimError(f"unknown codec {codec!r}; give a class of yours, or one of {', '.join(sorted(CODECS))}")
    return _of(CODECS[codec] if isinstance(codec, str) else codec, recipe), None


def _of(kind: type[Codec], recipe: Recipe) -> Recipe:
    """The recipe with its codec."""
    name = name_of(kind)
    if recipe.codec not in ("", kind, name):
        raise LinksimError(f"recipe {recipe.name!r} is of {recipe.codec_name}, not of {name}; leave out its codec")
    return dataclasses.replace(recipe, codec=kind)


def _options(codec: Codec, recipe: Recipe) -> Mapping[str, Any]:
    """The arguments of a codec, of which a recipe says nothing else."""
    found = {key: value for key, value in codec.get_config().items() if key not in _ABOUT}
    given = dict(recipe.options)
    if given and json.loads(json.dumps(given)) != json.loads(json.dumps(found, default=repr)):
        raise LinksimError(f"recipe {recipe.name!r} has options {given}, the codec {found}; leave out the recipe's")
    return found


def _weights(codec: Codec, recipe: Recipe) -> dict[str, np.ndarray]:
    """By name; of a codec that its configuration makes again as it is.

    Raises
    ------
    LinksimError
        If its configuration makes another one, or the recipe also takes weights from elsewhere.
    """
    remedy = "" if recipe.steps else " and give it steps"
    for there, begins, field in (
        (recipe.warm_start, f"starts from {recipe.warm_start!r}", "warm_start"),
        (recipe.analytic_start, "starts from the statistics of its pictures", f"analytic_start{remedy}"),
    ):
        if there:
            raise LinksimError(
                f"recipe {recipe.name!r} {begins}, and the codec that was given from its own weights; leave out "
                f"{field}, or give the class"
            )
    again = create(recipe.codec, recipe.options)
    for what, ours, theirs in (
        ("weights", [tuple(w.shape) for w in codec.weights], [tuple(w.shape) for w in again.weights]),
        ("frozen weights", [w.trainable for w in codec.weights], [w.trainable for w in again.weights]),
    ):
        if ours != theirs:
            raise LinksimError(
                f"{type(codec).__name__}(**get_config()) has other {what} than the codec that was given; let "
                "get_config give every argument of the constructor, and freeze by the phases of the recipe"
            )
    return {n: ops.convert_to_numpy(w) for n, w in zip(variable_names(codec), codec.weights, strict=True)}
