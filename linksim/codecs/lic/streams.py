"""Rounded latents to bytes and back, by networks of whole numbers: every machine reads the same."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from linksim.codecs.lic.checkerboard import black, two_by_two
from linksim.codecs.lic.entropy import Decoder, Encoder
from linksim.codecs.lic.exact import ACTIVATION, STEP
from linksim.codecs.lic.mixture import PARAMETERS
from linksim.codecs.lic.units import at_gain_exactly, with_octaves_exactly, without_gain_exactly

LARGEST = 2000
"""Magnitude of a rounded latent: `ExactConv` takes up to 2047."""


def write(codec: Any, y: np.ndarray, z: np.ndarray, rate: float) -> bytes:
    """The bytes of rounded latents: hyper-latents, latents on black fields, latents on white ones.

    Parameters
    ----------
    codec : LicGmm
    y : int64 [h, w, latent_channels]
    z : int64 [h / 4, w / 4, filters]
        Both of magnitudes up to `LARGEST`.
    rate : float
        That they were made at, a multiple of 1/2.
    """
    encoder = Encoder()
    encoder.write(z.ravel(), _prior(codec, z.shape, rate))
    hyper = _expanded(codec, z, rate)
    first = black(*y.shape[:2])
    encoder.write(y[first].ravel(), parameters(codec, hyper, None, rate)[first].reshape(-1, PARAMETERS))
    seeing = parameters(codec, hyper, y * first[..., None], rate)
    encoder.write(y[~first].ravel(), seeing[~first].reshape(-1, PARAMETERS))
    return encoder.finish()


def read(codec: Any, data: bytes, size: tuple[int, int], rate: float) -> np.ndarray:
    """The latents y that were written, int64 `[h, w, latent_channels]`; of damaged bytes some others.

    Parameters
    ----------
    codec : LicGmm
    data : bytes
    size : (int, int)
        Rows and columns of latents.
    rate : float
        That they were made at, a multiple of 1/2.

    Raises
    ------
    LinksimError
        If the bytes are damaged in a way that shows.
    """
    decoder, (rows, columns) = Decoder(data), size
    shape = (rows // 4, columns // 4, codec.filters)
    z = np.clip(decoder.read(_prior(codec, shape, rate)).reshape(shape), -LARGEST, LARGEST)
    hyper = _expanded(codec, z, rate)
    y = np.zeros((rows, columns, codec.latent_channels), np.int64)
    first = black(*y.shape[:2])
    blind = parameters(codec, hyper, None, rate)[first].reshape(-1, PARAMETERS)
    y[first] = np.clip(decoder.read(blind), -LARGEST, LARGEST).reshape(-1, codec.latent_channels)
    seeing = parameters(codec, hyper, y, rate)[~first].reshape(-1, PARAMETERS)
    y[~first] = np.clip(decoder.read(seeing), -LARGEST, LARGEST).reshape(-1, codec.latent_channels)
    return y


def parameters(codec: Any, hyper: np.ndarray, y: np.ndarray | None, rate: float) -> np.ndarray:
    """What mixtures are made of, from hyper-latents and from latents on black fields.

    Parameters
    ----------
    codec : LicGmm
    hyper : float64 [h, w, 2 * filters]
        Whole numbers of 1/16.
    y : int64 [h, w, latent_channels] or None
        0 on white fields; None where no field is known yet.
    rate : float
        A multiple of 1/2.

    Returns
    -------
    [h, w, latent_channels, 9]
        Whole numbers of 1/16, of latents as they are sent.
    """
    gain, _ = codec.sixteenths_at(rate)
    context = np.zeros_like(hyper)
    if y is not None:
        context = codec.context.exactly(with_octaves_exactly(without_gain_exactly(y, gain)))
    seen = [hyper, context]
    if codec.rates > 1:
        of_rate = np.maximum(STEP * (1 - np.abs(rate - np.arange(codec.rates))), 0)
        seen.append(np.broadcast_to(of_rate, (*hyper.shape[:2], codec.rates)))
    x = np.concatenate(seen, axis=-1)
    for layer in codec.mixtures:
        x = layer.exactly(x)
    return at_gain_exactly(x.reshape(*hyper.shape[:2], codec.latent_channels, PARAMETERS), gain)


def _prior(codec: Any, shape: tuple[int, ...], rate: float) -> np.ndarray:
    prior = np.floor(ops.convert_to_numpy(codec.prior).astype(np.float64) * STEP + 0.5).astype(np.int64)
    prior = np.clip(prior, -ACTIVATION, ACTIVATION)  # as all other parameters are
    prior = at_gain_exactly(prior, codec.sixteenths_at(rate)[1])
    return np.broadcast_to(prior, (*shape, PARAMETERS)).reshape(-1, PARAMETERS)


def _expanded(codec: Any, z: np.ndarray, rate: float) -> np.ndarray:
    x = without_gain_exactly(z, codec.sixteenths_at(rate)[1])
    for i, layer in enumerate(codec.expand):
        x = layer.exactly(x)
        if i % 2:
            x = two_by_two(x)
    return x
