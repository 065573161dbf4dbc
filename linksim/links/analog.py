"""A learned codec whose symbols go over the channel as they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from linksim.errors import LinksimError
from linksim.images.picture import Picture
from linksim.links.adapters import CodecAdapter, adapt
from linksim.links.base import Bandwidth, Link, Outcomes, Reception
from linksim.links.budget import digest
from linksim.phy.channel import Channel
from linksim.phy.rng import draw_keys, picture_key

VERSION = 1
"""Raised whenever a change of this file can change a result."""

# Symbols of pictures that were encoded before, per link: every SNR and draw reuses them.
_CACHE_BYTES = 1 << 27


class AnalogLink(Link):
    """Joint source-channel coding: encode, send the symbols, decode what arrives.

    Every picture is encoded once; its symbols are reused for all SNRs and draws.

    Parameters
    ----------
    codec : linksim.codecs.Codec, or a pair of functions (encode, decode)
        `encode(pictures)`: `[B, H, W, 3]` float32 in [0, 1] to `[B, k]` complex of mean power 1 per
        picture; `decode(symbols, snr_db, size)`: `[B, k]` complex, Es/N0 in dB and (H, W) to
        `[B, H, W, 3]` in [0, 1]. The functions see NumPy arrays: any framework will do.
    channel : Channel
        With `csi` the decoder is given the equalised symbols y/h.
    name : str, optional
        Default: the codec's.
    probe_size : (int, int)
        (H, W) of the picture by which plain functions are fingerprinted.

    Raises
    ------
    LinksimError
        If the symbols of a picture have a mean power other than 1, or a shape other than promised.

    Examples
    --------
    >>> from linksim import AnalogLink, zoo
    >>> from linksim.phy import Awgn
    >>> link = AnalogLink(zoo.load("deepjscc/cifar10-1_6-snr10"), Awgn())
    """

    def __init__(
        self,
        codec: Any | tuple[Callable, Callable],
        channel: Channel,
        name: str | None = None,
        probe_size: tuple[int, int] = (32, 32),
    ):
        self.channel = channel
        self._adapter: CodecAdapter = adapt(codec, probe_size)
        self.name = name or self._adapter.name
        self._symbols: dict[tuple[str, ...], np.ndarray] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_symbols": {}}

    def fingerprint(self) -> str:
        return digest(
            link="analog", version=VERSION, codec=self._adapter.fingerprint(), channel=self.channel.label
        )

    def transmit(self, pictures: Sequence[Picture], snr_db: float, draws: range, seed: int = 0) -> Reception:
        by_size: dict[tuple[int, int], list[int]] = defaultdict(list)
        for i, picture in enumerate(pictures):
            by_size[picture.size].append(i)
        bandwidth: list[Bandwidth | None] = [None] * len(pictures)
        outcomes = []
        for size, indices in by_size.items():
            symbols = self._encode([pictures[i] for i in indices])
            for i in indices:
                k = symbols.shape[1]
                bandwidth[i] = Bandwidth(k, {"symbols": float(k)})
            roots = np.stack([picture_key(self.channel.noise_identity, pictures[i].sha256, seed) for i in indices])
            keys = draw_keys(roots, draws)
            pixels = self._adapter.receive(symbols, keys, float(snr_db), self.channel, size)
            rows = len(indices) * len(draws)
            outcomes.append(
                Outcomes(
                    picture=np.repeat(indices, len(draws)),
                    count=np.ones(rows, np.int64),
                    delivered=np.ones(rows, bool),
                    pixels=pixels,
                )
            )
        return Reception(layers=[outcomes], bandwidth=[bandwidth])

    def _encode(self, pictures: list[Picture]) -> np.ndarray:
        """Symbols `complex64 [P, k]`, from the cache where these pictures were encoded together before.

        Together: a picture encoded in another batch may differ in its last bits, and results must not
        depend on what was sent before.
        """
        key = tuple(p.sha256 for p in pictures)
        if key in self._symbols:
            return self._symbols[key]
        symbols = self._adapter.encode(np.stack([p.pixels for p in pictures]))
        power = np.mean(np.abs(symbols) ** 2, axis=1)
        if not np.all(np.abs(power - 1) < 1e-3):
            worst = power[np.argmax(np.abs(power - 1))]
            raise LinksimError(
                f"{self.name}: the symbols of a picture have mean power {worst:.4g}; "
                "encode must normalise each picture to mean power 1"
            )
        # When it is full the first ones stay: a sweep comes by in the same order for every SNR.
        if sum(s.nbytes for s in self._symbols.values()) + symbols.nbytes <= _CACHE_BYTES:
            self._symbols[key] = symbols
        return symbols
