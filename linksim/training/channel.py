"""The channel as a layer, for training only: evaluation goes through the Sionna chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from linksim.errors import LinksimError


@dataclass(frozen=True)
class FadingLaw:
    """What a transmission meets beside noise.

    Parameters
    ----------
    fades : bool
        Whether there is an h.
    per_symbol : bool
        Whether each symbol has one of its own; else the whole transmission, all its layers, has one.
    """

    fades: bool = True
    per_symbol: bool = False


LAWS = {
    "awgn": FadingLaw(fades=False),
    "rayleigh-slow": FadingLaw(per_symbol=False),
    "rayleigh-fast": FadingLaw(per_symbol=True),
}
"""The training channels by name."""


class Transmission:
    """What one batch of pictures meets from its first symbol to its last: the noise, and a slow fade that stays.

    Parameters
    ----------
    channel : TrainingChannel
    snr_db : float or [B]
        Es/N0 before fading, in dB.
    num_symbols : int, optional
        Symbols per picture of the whole transmission. Where it is given, noise and fades are drawn once
        for all of them, with the first part; else part by part, because what is sent depends on what was received.
    """

    def __init__(self, channel: TrainingChannel, snr_db: Any, num_symbols: int | None = None):
        self._channel = channel
        self._snr_db = snr_db
        self._whole = num_symbols
        self._position = 0
        self._noise: Any = None
        self._h: Any = None

    def __call__(self, symbols: Any) -> Any:
        """The next symbols `[B, k, 2]` as received."""
        symbols = ops.cast(symbols, "float32")
        rows, count = ops.shape(symbols)[0], symbols.shape[1]
        first, start = self._position == 0, self._position
        self._position += count
        whole = self._whole or count
        if first or self._whole is None:
            self._noise = self._channel.noise((rows, whole, 2), self._snr_db)
            if first or self._channel.law.per_symbol:
                self._h = self._channel.fades(rows, whole)
        part = slice(start, start + count) if self._whole else slice(None)
        h = self._h
        if h is not None:
            h = h[:, part] if self._channel.law.per_symbol else h
            re = h[..., 0] * symbols[..., 0] - h[..., 1] * symbols[..., 1]
            im = h[..., 0] * symbols[..., 1] + h[..., 1] * symbols[..., 0]
            symbols = ops.stack([re, im], axis=-1)
        return symbols + self._noise[:, part]


@keras.saving.register_keras_serializable("linksim")
class TrainingChannel(keras.layers.Layer):
    """`y = h x + n` with `n ~ CN(0, N0)`, `N0 = 10**(-snr_db/10)`, `E|h|^2 = 1`, differentiable in x.

    Parameters
    ----------
    channel : {"awgn", "rayleigh-slow", "rayleigh-fast"}
        `rayleigh-slow` draws one h per picture and transmission, `rayleigh-fast` one per symbol. The
        receiver does not learn h.
    seed : int

    Input
    -----
    symbols : [B, k, 2], float32
        Mean power 1 per picture.
    snr_db : float or [B]
        Es/N0 before fading, in dB.

    Output
    ------
    received : [B, k, 2], float32

    Raises
    ------
    LinksimError
        If `channel` is not one of the three.
    """

    def __init__(self, channel: str = "awgn", seed: int = 0, name: str | None = None):
        super().__init__(name=name, dtype="float32")
        if channel not in LAWS:
            raise LinksimError(f"unknown training channel {channel!r}; take one of {', '.join(LAWS)}")
        self.channel = channel
        self.law = LAWS[channel]
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True  # it has no weights

    def transmission(self, snr_db: Any, num_symbols: int | None = None) -> Transmission:
        """A transmission of several parts, see `Transmission`.

        Parameters
        ----------
        snr_db : [B]
            Es/N0 in dB of each row.
        num_symbols : int, optional
            k of all parts together, where fading is drawn per symbol.
        """
        return Transmission(self, snr_db, num_symbols)

    def noise(self, shape: tuple[Any, ...], snr_db: Any) -> Any:
        """`[B, k, 2]`, N0/2 in each dimension.

        Parameters
        ----------
        shape : (B, k, 2)
        snr_db : float or [B]
            Es/N0 in dB.
        """
        sigma = ops.power(10.0, -ops.cast(snr_db, "float32") / 20.0) * 0.5**0.5
        if len(ops.shape(sigma)):
            sigma = ops.reshape(sigma, (-1, 1, 1))
        return sigma * keras.random.normal(shape, dtype="float32", seed=self.seed_generator)

    def fades(self, rows: Any, num_symbols: int) -> Any:
        """h of a row of symbols, `[B, 1 or k, 2]`; None where there is no fading.

        Parameters
        ----------
        rows : int
            B.
        num_symbols : int
            k, of all parts together.
        """
        if not self.law.fades:
            return None
        shape = (rows, num_symbols if self.law.per_symbol else 1, 2)
        return keras.random.normal(shape, stddev=0.5**0.5, dtype="float32", seed=self.seed_generator)

    def call(self, symbols: Any, snr_db: Any) -> Any:
        return self.transmission(snr_db)(symbols)

    def get_config(self) -> dict[str, Any]:
        return {"channel": self.channel, "seed": self.seed, "name": self.name}
