"""What training sees of learned compression: pictures as a receiver shows them, their bits, and gradients of both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from linksim.codecs.layers.blocks import depth_to_space
from linksim.codecs.layers.gains import shares
from linksim.codecs.lic import fixed_length, mixture
from linksim.codecs.lic.checkerboard import checkerboard
from linksim.codecs.lic.exact import STEP, rounded
from linksim.codecs.lic.mixture import PARAMETERS
from linksim.codecs.lic.streams import LARGEST
from linksim.codecs.lic.units import at_gain, with_octaves, without_gain


def shown_and_bits(
    codec: Any, pictures: Any, training: bool, channel: Callable[[Any], Any] | None, rate: Any
) -> tuple[Any, Any]:
    """See `LicGmm.shown_and_bits`, of which this has the codec; `rate` is `[B]`."""
    height, width = pictures.shape[1:3]
    y, z = codec.latents(pictures, rate)
    whole_y, whole_z = whole(y), whole(z)
    counted = (_noisy(codec, y), _noisy(codec, z)) if training else (whole_y, whole_z)
    spent = bits_of(codec, counted, (whole_y, whole_z), rate)
    if codec.fixed_bits and channel:
        whole_y = fixed_length.sent(whole_y, codec.fixed_bits, channel)
    return codec.shown(whole_y, (height, width), rate), spent


def bits_of(codec: Any, counted: tuple[Any, Any], known: tuple[Any, Any], rate: Any) -> Any:
    """Bits `[B]` of latents and hyper-latents `counted`, where a receiver knows those in `known`."""
    (y, z), (known_y, known_z) = counted, known
    gain, of_hyper = codec.gains_at(rate)
    prior = at_gain(rounded(codec.prior, 1 / STEP), of_hyper)
    spent = ops.sum(mixture.bits(z, prior), axis=(1, 2, 3))
    hyper = _expanded(codec, without_gain(known_z, of_hyper))
    first = checkerboard(*y.shape[1:3])
    context = codec.context(with_octaves(without_gain(known_y * first, gain)))
    blind = _parameters(codec, hyper, ops.zeros_like(context), rate)
    seeing = _parameters(codec, hyper, context, rate)
    parameters = at_gain(ops.where(first[..., None] > 0, blind, seeing), gain)
    return spent + ops.sum(mixture.bits(y, parameters), axis=(1, 2, 3))


def whole(x: Any) -> Any:
    """Rounded as the encoder rounds, with the gradient of x."""
    return ops.clip(ops.stop_gradient(ops.round(x) - x) + x, -LARGEST, LARGEST)


def _noisy(codec: Any, x: Any) -> Any:
    return x + keras.random.uniform(ops.shape(x), -0.5, 0.5, "float32", codec.seed_generator)


def _expanded(codec: Any, z: Any) -> Any:
    first, second, third, fourth = codec.expand
    x = depth_to_space(second(first(z)), 2)
    return depth_to_space(fourth(third(x)), 2)


def _parameters(codec: Any, hyper: Any, context: Any, rate: Any) -> Any:
    """`[B, h, w, latent_channels, 9]`, before gains."""
    seen = [hyper, context]
    if codec.rates > 1:
        of_rate = shares(rate, codec.rates)[:, None, None]
        seen.append(of_rate + ops.zeros_like(hyper[..., :1]))
    x = ops.concatenate(seen, axis=-1)
    for layer in codec.mixtures:
        x = layer(x)
    return ops.reshape(x, (-1, *hyper.shape[1:3], codec.latent_channels, PARAMETERS))
