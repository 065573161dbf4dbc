"""What a codec of somebody's own is asked before hours of training: does it keep the contract of codecs?"""

from __future__ import annotations

import numpy as np
from keras import ops

from linksim.codecs.conversation import rehearse_parts
from linksim.codecs.parts import Symbols
from linksim.codecs.registry import create
from linksim.codecs.traits import probe_picture
from linksim.errors import LinksimError
from linksim.training.recipe import Recipe

_SIZE = (30, 37)
"""Sides that need padding."""

_POWER_ATOL = 1e-3


def check_codec(recipe: Recipe) -> None:
    """Hold one conversation with the codec of a recipe, over a perfect channel.

    Raises
    ------
    LinksimError
        If the symbols of a picture do not have mean power 1, or it does not show pictures of the size of what was sent,
        one after each layer.
    """
    codec = create(recipe.codec, recipe.options)
    name = type(codec).__name__
    pictures = probe_picture(_SIZE)[None].astype(np.float32) / np.float32(255)
    pictures = np.concatenate([pictures, pictures[:, ::-1] * np.float32(0.5)])

    parts, shown = rehearse_parts(codec, pictures, 10.0)
    for part in parts:
        if isinstance(part, Symbols):
            _check_power(name, ops.convert_to_numpy(part.values))
    if len(shown) != codec.num_layers:
        raise LinksimError(f"{name} has {codec.num_layers} layers and shows {len(shown)} pictures; show one after each")
    for one in shown:
        if tuple(one.shape) != pictures.shape:
            raise LinksimError(
                f"{name} shows {list(one.shape)} of pictures {list(pictures.shape)}; pad pictures of any size to the "
                "stride and crop what is shown, as linksim.codecs.Autoencoder does"
            )


def _check_power(name: str, symbols: np.ndarray) -> None:
    if symbols.ndim != 3 or symbols.shape[-1] != 2:
        raise LinksimError(f"{name} sends symbols of shape {list(symbols.shape)}; give [B, k, 2], two reals each")
    power = np.mean(np.sum(np.square(symbols.astype(np.float64)), axis=-1), axis=1)
    if np.any(np.abs(power - 1) > _POWER_ATOL):
        raise LinksimError(
            f"{name} sends a picture with mean power {power[np.argmax(np.abs(power - 1))]:.4g}; normalise the symbols "
            "of each picture to mean power 1, as linksim.codecs.Autoencoder does"
        )
