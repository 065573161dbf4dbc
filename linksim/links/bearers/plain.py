"""Parts as they are over a channel: symbols, bits, and bytes of which nothing gets lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from linksim.identity import fingerprint
from linksim.phy._tf import tf
from linksim.phy.channels.base import Channel
from linksim.phy.channels.bits import BitChannel
from linksim.phy.coding.interleaver import Interleaver

_HALF_DECIBELS = [0.5 * k for k in range(-20, 81)]

VERSION = 1
"""Raised whenever one of these bearers delivers something else of the same part under the same keys."""


class SymbolBearer:
    """Symbols over a radio channel: `[B, k, 2]` to the received ones, equalised where the receiver has CSI.

    Parameters
    ----------
    channel : Channel
    snr_db : float, optional
        A fixed Es/N0 in dB; default: what the link's axis says.
    """

    axis = "snr_db"

    def __init__(self, channel: Channel, snr_db: float | None = None):
        self.channel, self.at = channel, snr_db
        self.noise_identity = channel.noise_identity

    def charges(self, values: Any) -> dict[str, np.ndarray]:
        rows, k, _ = values.shape
        overhead = self.channel.overhead(k)
        items = {"symbols": np.full(rows, k)}
        return items | ({"channel overhead": np.full(rows, overhead)} if overhead else {})

    def send(self, values: Any, value: float, keys: Any, start: int) -> Any:
        y = self.channel(tf.complex(values[..., 0], values[..., 1]), value, keys, start).symbols
        return tf.stack([tf.math.real(y), tf.math.imag(y)], axis=-1)

    def certain(self, value: float) -> bool:
        return False

    def fingerprint(self) -> str:
        return fingerprint("symbol bearer", VERSION, channel=self.channel, at=self.at)


class BitBearer:
    """Bits over a bit-level channel, one channel use each: `[B, n]` to values in {0, 1}, -1 where erased.

    Parameters
    ----------
    channel : BitChannel, or a function of its probability that makes one, such as the class itself
        A channel stays as it is; a function is given the value on the link's axis.
    axis : str
        What the probability is called: "erasure_probability" (default) or "bit_error_probability"; "snr_db" where a
        function makes a channel of an SNR.
    interleaver : Interleaver, optional
        Applied to the bits of a part before the channel, and undone behind it.
    """

    def __init__(
        self,
        channel: BitChannel | Callable[[float], BitChannel],
        axis: str = "erasure_probability",
        interleaver: Interleaver | None = None,
    ):
        fixed = isinstance(channel, BitChannel)
        self._make = (lambda p: channel) if fixed else channel
        self.axis, self.at, self.interleaver = axis, channel.p if fixed else None, interleaver
        self.noise_identity = self._make(0.5).noise_identity

    def charges(self, values: Any) -> dict[str, np.ndarray]:
        return {"bits": np.full(values.shape[0], values.shape[1])}

    def send(self, values: Any, value: float, keys: Any, start: int) -> Any:
        # What was sent before stands in front, so that these bits meet the events of their own positions.
        bits = tf.cast(values, tf.float32)
        bits = tf.pad(bits if self.interleaver is None else self.interleaver(bits), [[0, 0], [start, 0]])
        received = self._make(value)(bits, keys)
        received = received[0] if isinstance(received, (tuple, list)) else received
        received = received[:, start:]
        return received if self.interleaver is None else self.interleaver.inverse(received)

    def certain(self, value: float) -> bool:
        return self._make(value).p == 0

    def fingerprint(self) -> str:
        # A function is known by the channels that it makes.
        values = [self.at] if self.at is not None else _HALF_DECIBELS if self.axis == "snr_db" else [0.5]
        channels = [self._make(value) for value in values]
        parts = {"axis": self.axis, "at": self.at, "interleaver": self.interleaver}
        return fingerprint("bit bearer", VERSION, channels=channels, **parts)


class ErrorFreeBearer:
    """Bytes of which nothing gets lost, as the literature takes the base layer of a picture: 8 channel uses a byte.

    It stands beside a `BitBearer`, whose channel uses are bits too.
    """

    axis, at = "error_free", 0.0
    noise_identity = "error-free"

    def charges(self, values: Sequence[bytes]) -> Mapping[str, np.ndarray]:
        return {"stream": np.array([8 * len(v) for v in values])}

    def send(self, values: Sequence[bytes], value: float, keys: Any, start: int) -> list[bytes | None]:
        return list(values)

    def certain(self, value: float) -> bool:
        return True

    def fingerprint(self) -> str:
        return fingerprint("error-free bearer", VERSION)


class ByteBearer:
    """Bytes over a bit-level channel, 8 channel uses each: whole, or not at all where a bit of them is wrong or erased.

    What an entropy-coded stream meets on a channel that a `BitBearer` takes bit by bit; that something is wrong, the
    receiver knows for nothing.

    Parameters
    ----------
    channel, axis
        As in `BitBearer`.
    """

    def __init__(self, channel: BitChannel | Callable[[float], BitChannel], axis: str = "erasure_probability"):
        self._bits = BitBearer(channel, axis)
        self.axis, self.at, self.noise_identity = axis, self._bits.at, self._bits.noise_identity

    def charges(self, values: Sequence[bytes]) -> Mapping[str, np.ndarray]:
        return {"stream": np.array([8 * len(v) for v in values])}

    def send(self, values: Sequence[bytes], value: float, keys: Any, start: int) -> list[bytes | None]:
        arrived: list[bytes | None] = []
        for i, stream in enumerate(values):
            bits = np.unpackbits(np.frombuffer(stream, np.uint8))[None].astype(np.float32)
            intact = np.array_equal(bits, np.asarray(self._bits.send(bits, value, keys[i : i + 1], start)))
            arrived.append(stream if intact else None)
        return arrived

    def certain(self, value: float) -> bool:
        return self._bits.certain(value)

    def fingerprint(self) -> str:
        return fingerprint("byte bearer", VERSION, bits=self._bits)
