"""The best linear analog code: what theory gives without any learning."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from linksim.codecs.autoencoder import Autoencoder
from linksim.codecs.klt import BlockStatistics, block_statistics, power_allocation
from linksim.codecs.layers.blocks import depth_to_space, space_to_depth
from linksim.errors import LinksimError

_LARGEST_ANGLE = 0.8 * math.pi
"""Of the pilot that tells the scale, in rad: the rest to pi keeps noise from turning it around."""

_SHARES = tuple(2.0 ** (-n / 2) for n in range(3, 32))
"""Shares of the power among which that of the pilot is chosen."""


@keras.saving.register_keras_serializable("linksim")
class LinearAnalog(Autoencoder):
    """Karhunen-Loève transform of blocks, best power allocation, linear MMSE receiver (Lee and Petersen 1976).

    The components of largest variance of each block are sent as real values, with the powers that make
    the mean squared error least at the SNR that both ends are told. Every picture is scaled to mean power 1; the
    receiver learns the scale from the phase of one pilot symbol, which stands in the place of the two weakest
    values of the last block and whose power is chosen so that the sum of errors is least. Nothing is
    trained: mean, basis and variances come from a picture set, see `learn_statistics`.

    Parameters
    ----------
    latent_channels : int
        c, components of each block that are sent: k/n = `c / (6 * block**2)`.
    block : int
        Side of a block in pixels.
    snr_db : float, optional
        Es/N0 in dB that the powers are made for, whatever the channel has; by default the channel's.

    Raises
    ------
    LinksimError
        If a block has fewer components, or nobody tells the SNR.

    Examples
    --------
    >>> codec = LinearAnalog(latent_channels=96, block=16)
    >>> codec.num_symbols(512, 768) / (3 * 512 * 768) == 1 / 16
    True
    """

    VERSION = 1

    def __init__(
        self,
        latent_channels: int = 96,
        block: int = 16,
        snr_db: float | None = None,
        name: str | None = None,
        **about: Any,
    ):
        if block < 1 or latent_channels > 3 * block * block:
            raise LinksimError(
                f"{latent_channels} components of a block of {block}x{block}; it has {3 * block * block}"
            )
        super().__init__(latent_channels, stride=block, name=name, **about)
        self.snr_db = snr_db
        self.encodes_for_snr = snr_db is None
        size = 3 * block * block
        weight = {"trainable": False, "dtype": "float32", "autocast": False}
        self.mean = self.add_weight(shape=(size,), name="mean", initializer="zeros", **weight)
        self.basis = self.add_weight(shape=(size, latent_channels), name="basis", initializer="orthogonal", **weight)
        self.deviations = self.add_weight(shape=(latent_channels,), name="deviations", initializer="ones", **weight)
        self.largest_scale = self.add_weight(shape=(1,), name="largest_scale", initializer="ones", **weight)

    def learn_statistics(self, pictures: Sequence[np.ndarray], snr_db: Any = None) -> None:
        """Take mean, basis and variances from a picture set, and the largest scale that a picture of it has.

        Parameters
        ----------
        pictures : sequence of uint8 [H, W, 3]
            Sides of at least `block`.
        snr_db : float, optional
            Not needed: the powers follow from the SNR when a picture is sent.
        """
        self.take(block_statistics(pictures, self.stride))
        # The scale of the pictures of the set, at several SNRs: the pilot tells it up to the largest.
        chosen = [pictures[i] for i in np.linspace(0, len(pictures) - 1, min(len(pictures), 400)).astype(int)]
        scales = [
            float(ops.max(self._sent(picture[None].astype(np.float32) / np.float32(255), snr)[1]))
            for picture in chosen
            for snr in (0.0, 10.0, 20.0)
        ]
        self.largest_scale.assign([1.1 * max(scales)])

    def take(self, statistics: BlockStatistics) -> None:
        """Use these statistics."""
        self.mean.assign(statistics.mean)
        self.basis.assign(statistics.basis[:, : self.latent_channels])
        self.deviations.assign(np.sqrt(statistics.variances[: self.latent_channels]))

    def encode(self, pictures: Any, snr_db: Any = None, training: bool = False) -> Any:
        values, scale, pilot_power = self._sent(pictures, snr_db)
        angle = (2 * ops.minimum(scale / self.largest_scale, 1.0) - 1) * _LARGEST_ANGLE
        pilot = ops.sqrt(pilot_power) * ops.concatenate([ops.cos(angle), ops.sin(angle)], axis=-1)
        values = ops.concatenate([values / ops.maximum(scale, 1e-9), pilot], axis=-1)
        return self.power_normalization(ops.reshape(values, (-1, values.shape[1] // 2, 2)))

    def _sent(self, pictures: Any, snr_db: Any) -> tuple[Any, Any, Any]:
        """What each picture sends but the pilot, `[B, 2k - 2]`, its scale and the power of the pilot, `[B or 1, 1]`."""
        blocks = space_to_depth(self.pad(ops.cast(pictures, "float32")), self.stride)
        powers, pilot_power = self._powers(snr_db, blocks.shape[1] * blocks.shape[2])
        gains = ops.sqrt(powers) / ops.maximum(self.deviations, 1e-9)
        components = ops.matmul(blocks - self.mean, self.basis) * gains[:, None, None, :]
        values = ops.reshape(components, (-1, components.shape[1] * components.shape[2] * self.latent_channels))
        uses = values.shape[1] / 2
        values = values[:, :-2]
        total = ops.sum(ops.square(values), axis=-1, keepdims=True)
        return values, ops.sqrt(total / (uses - pilot_power)), pilot_power

    def decode(self, symbols: Any, snr_db: Any, size: tuple[int, int], training: bool = False) -> Any:
        rows, columns = self.cells(size)
        powers, _ = self._powers(snr_db, rows * columns)
        noise = _noise_variance(snr_db)
        angle = ops.arctan2(symbols[:, -1:, 1], symbols[:, -1:, 0])
        scale = ops.clip((angle / _LARGEST_ANGLE + 1) / 2, 0.0, 1.0) * self.largest_scale
        values = ops.reshape(symbols[:, :-1], (-1, 2 * symbols.shape[1] - 2)) * scale
        latent = ops.reshape(ops.pad(values, [(0, 0), (0, 2)]), (-1, rows, columns, self.latent_channels))
        # g s^2 / (g^2 s^2 + n), of a picture with the statistics of all.
        weights = ops.sqrt(powers) * self.deviations / (powers + noise)
        blocks = ops.matmul(latent * weights[:, None, None, :], ops.transpose(self.basis)) + self.mean
        return ops.clip(self.crop(depth_to_space(blocks, self.stride), size), 0.0, 1.0)

    def _powers(self, snr_db: Any, cells: int) -> tuple[Any, Any]:
        """Powers of the components of a block `[B or 1, c]`, and of the pilot `[B or 1, 1]`; the mean symbol has 1."""
        if snr_db is None and self.snr_db is None:
            raise LinksimError("this codec needs the SNR at both ends; give snr_db, in dB")
        noise = _noise_variance(snr_db if self.snr_db is None else self.snr_db)[:, None]
        uses = cells * self.latent_channels / 2
        pilot = uses * ops.array(_SHARES, dtype="float32")[None, :, None]
        powers = power_allocation(self.deviations, (uses - pilot) / cells, noise)
        variances = ops.square(self.deviations)
        left = cells * ops.sum(variances / (1 + powers / noise), axis=-1)
        # An error of the scale is an error of the whole picture in proportion.
        scale_error = (self.largest_scale / (2 * _LARGEST_ANGLE)) ** 2 * noise[..., 0] / pilot[..., 0]
        best = ops.argmin(left + cells * ops.sum(variances) * scale_error, axis=-1)[:, None, None]
        powers = ops.take_along_axis(powers, ops.broadcast_to(best, (best.shape[0], 1, powers.shape[-1])), axis=1)
        return powers[:, 0], ops.take(pilot[0], best[:, 0, 0], axis=0)

    def get_config(self) -> dict[str, Any]:
        own = {"latent_channels": self.latent_channels, "block": self.stride, "snr_db": self.snr_db}
        return {**super().get_config(), **own}


def _noise_variance(snr_db: Any) -> Any:
    """Of each real value: N0/2, `[B or 1, 1]`."""
    return ops.reshape(ops.power(10.0, -ops.cast(snr_db, "float32") / 10.0) / 2, (-1, 1))
