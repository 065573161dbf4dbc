"""A codec that is two plain functions on NumPy arrays, from any framework."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from linksim.codecs.traits import probe_picture, traits
from linksim.errors import LinksimError
from linksim.images.picture import Picture
from linksim.links.signatures import ALL, snr_is_told, told
from linksim.links.transceiver import Sent, Transceiver, batch_rows, not_finite
from linksim.phy._tf import tf
from linksim.phy.channels.base import Channel
from linksim.scripts import code_of_others

_BRIGHTEST_MEAN = 1.5
"""A picture in [0, 1] has a mean below 1, however far single values overshoot; one in 0..255 has a mean above
1.5 unless it is all but black. Single values are no sign: a linear decoder overshoots at low SNR."""


class Functions(Transceiver):
    """`encode` and `decode` of a user, see `AnalogLink`.

    Parameters
    ----------
    encode, decode : functions
    channel : Channel
    probe_size : (int, int)
        (H, W) of the picture by which the functions are fingerprinted.
    name : str, optional
    """

    def __init__(
        self, encode: Callable, decode: Callable, channel: Channel, probe_size: tuple[int, int], name: str | None = None
    ):
        self._encode, self._decode, self._probe_size = encode, decode, probe_size
        self._channel = channel
        self._told_snr = snr_is_told(encode)
        self._told, self._by_name = told(decode)
        self.name = name or "own codec"

    def depends_on(self, snr_db: float, seed: int) -> tuple[float, ...]:
        return (snr_db,) if self._told_snr else ()

    def identity(self) -> dict[str, Any]:
        # Functions carry no weights that could be hashed: what they make of a fixed picture tells them apart.
        probe = probe_picture(self._probe_size)[None]
        made = []
        for snr_db in (0.0, 10.0, 20.0):
            symbols = self._symbols(probe, snr_db)
            if not np.array_equal(symbols, self._symbols(probe, snr_db)):
                raise LinksimError(f"{self.name}: encode gives other symbols each time; switch dropout and noise off")
            made += [symbols.real, symbols.imag, self._pictures(symbols, snr_db, self._probe_size)]
        # Decoders that are told all were the only ones once; their fingerprints stay as they were.
        other = {} if self._told == ALL else {"decoder is told": list(self._told)}
        return {"functions": [traits(values) for values in made], **other}

    def _symbols(self, pixels: np.ndarray, snr_db: float) -> np.ndarray:
        """Pictures `uint8 [B, H, W, 3]` to `complex64 [B, k]`."""
        pictures = pixels.astype(np.float32) / np.float32(255)
        with code_of_others("encode"):
            symbols = np.asarray(self._encode(pictures, snr_db) if self._told_snr else self._encode(pictures))
        if symbols.ndim != 2 or len(symbols) != len(pixels) or not np.iscomplexobj(symbols):
            raise LinksimError(
                f"{self.name}: encode gave {symbols.dtype} {list(symbols.shape)}; "
                f"it must give complex [B, k], B = {len(pixels)}"
            )
        if not np.all(np.isfinite(symbols)):
            raise LinksimError(
                f"{self.name}: encode gave values that are not finite; look for a division by zero, such as by the "
                "power of a black picture"
            )
        return symbols.astype(np.complex64)

    def _pictures(self, symbols: np.ndarray, snr_db: float, size: tuple[int, int]) -> np.ndarray:
        """Received symbols to `float32 [B, H, W, 3]`, nominally in [0, 1]."""
        known = {"snr_db": snr_db, "size": size}
        more = {what: known[what] for what in self._told}
        with code_of_others("decode"):
            given = np.asarray(
                self._decode(symbols, **more) if self._by_name else self._decode(symbols, *more.values())
            )
            pictures = given.astype(np.float32)
        if pictures.shape != (len(symbols), *size, 3):
            raise LinksimError(
                f"{self.name}: decode gave {list(pictures.shape)}; "
                f"it must give [B, H, W, 3] = {[len(symbols), *size, 3]}"
            )
        if not np.all(np.isfinite(pictures)):
            raise not_finite(self.name)
        means = pictures.mean(axis=(1, 2, 3))
        if np.any(means > _BRIGHTEST_MEAN) or (given.dtype.kind in "iu" and np.any(given > 1)):
            raise LinksimError(
                f"{self.name}: decode gave values up to {pictures.max():.4g}; pictures are in [0, 1], divide by 255"
            )
        return pictures

    def encode(self, pictures: Sequence[Picture], snr_db: float, seed: int) -> Sent:
        symbols = self._symbols(np.stack([p.pixels for p in pictures]), snr_db)
        return Sent(symbols, (symbols.shape[1],))

    def receive(self, sent: Sent, keys: Any, snr_db: float, size: tuple[int, int]) -> list[np.ndarray]:
        num_draws = keys.shape[1]
        flat = tf.reshape(keys, [-1, 2])
        owner = np.repeat(np.arange(len(sent.symbols)), num_draws)
        batch = batch_rows(size)
        out = np.empty((len(owner), *size, 3), np.uint8)
        for i in range(0, len(owner), batch):
            y = self._channel(sent.symbols[owner[i : i + batch]], snr_db, flat[i : i + batch]).symbols.numpy()
            out[i : i + batch] = np.rint(np.clip(self._pictures(y, snr_db, size), 0, 1) * 255)
        return [out]
