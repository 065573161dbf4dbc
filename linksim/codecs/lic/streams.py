"""Rounded latents to bytes and back, by networks of whole numbers: every machine reads the same."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from linksim.codecs.lic.checkerboard import black, two_by_two
from linksim.codecs.lic.entropy import Decoder, Encoder
from linksim.codecs.lic.exact import ACTIVATION, STEP
from linksim.codecs.lic.mixture import PARAMETERS

LARGEST = 2000
"""Magnitude of a latent: `ExactConv` takes up to 2047."""


def write(codec: Any, y: np.ndarray, z: np.ndarray) -> bytes:
    """The bytes of rounded latents: hyper-latents, latents on black fields, latents on white ones.

    Parameters
    ----------
    codec : LicGmm
    y : int64 [h, w, latent_channels]
    z : int64 [h / 4, w / 4, filters]
        Both of magnitudes up to `LARGEST`.
    """
    encoder = Encoder()
    encoder.write(z.ravel(), _prior(codec, z.shape))
    hyper = _expanded(codec, z)
    first = black(*y.shape[:2])
    encoder.write(y[first].ravel(), parameters(codec, hyper, None)[first].reshape(-1, PARAMETERS))
    seeing = parameters(codec, hyper, y * first[..., None])
    encoder.write(y[~first].ravel(), seeing[~first].reshape(-1, PARAMETERS))
    return encoder.finish()


def read(codec: Any, data: bytes, size: tuple[int, int]) -> np.ndarray:
    """The latents y that were written, int64 `[h, w, latent_channels]`; of damaged bytes some others.

    Parameters
    ----------
    codec : LicGmm
    data : bytes
    size : (int, int)
        Rows and columns of hyper-latents.

    Raises
    ------
    LinksimError
        If the bytes are damaged in a way that shows.
    """
    decoder, (rows, columns) = Decoder(data), size
    shape = (rows, columns, codec.filters)
    z = np.clip(decoder.read(_prior(codec, shape)).reshape(shape), -LARGEST, LARGEST)
    hyper = _expanded(codec, z)
    y = np.zeros((4 * rows, 4 * columns, codec.latent_channels), np.int64)
    first = black(*y.shape[:2])
    blind = parameters(codec, hyper, None)[first].reshape(-1, PARAMETERS)
    y[first] = np.clip(decoder.read(blind), -LARGEST, LARGEST).reshape(-1, codec.latent_channels)
    seeing = parameters(codec, hyper, y)[~first].reshape(-1, PARAMETERS)
    y[~first] = np.clip(decoder.read(seeing), -LARGEST, LARGEST).reshape(-1, codec.latent_channels)
    return y


def parameters(codec: Any, hyper: np.ndarray, y: np.ndarray | None) -> np.ndarray:
    """What mixtures are made of, from hyper-latents and from latents on black fields.

    Parameters
    ----------
    codec : LicGmm
    hyper : float64 [h, w, 2 * filters]
        Whole numbers of 1/16.
    y : int64 [h, w, latent_channels] or None
        0 on white fields; None where no field is known yet.

    Returns
    -------
    float64 [h, w, latent_channels, 9]
        Whole numbers of 1/16.
    """
    context = np.zeros_like(hyper) if y is None else codec.context.exactly(y.astype(np.float64) * STEP)
    x = np.concatenate([hyper, context], axis=-1)
    for layer in codec.mixtures:
        x = layer.exactly(x)
    return x.reshape(*hyper.shape[:2], codec.latent_channels, PARAMETERS)


def _prior(codec: Any, shape: tuple[int, ...]) -> np.ndarray:
    prior = np.floor(ops.convert_to_numpy(codec.prior).astype(np.float64) * STEP + 0.5).astype(np.int64)
    prior = np.clip(prior, -ACTIVATION, ACTIVATION)  # as all other parameters are
    return np.broadcast_to(prior, (*shape, PARAMETERS)).reshape(-1, PARAMETERS)


def _expanded(codec: Any, z: np.ndarray) -> np.ndarray:
    x = z.astype(np.float64) * STEP
    for i, layer in enumerate(codec.expand):
        x = layer.exactly(x)
        if i % 2:
            x = two_by_two(x)
    return x
