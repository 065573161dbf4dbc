"""What carries one kind of part, charges for it, and says what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from linksim.errors import LinksimError
from linksim.identity import fingerprint
from linksim.phy._tf import tf
from linksim.phy.channels.base import Channel
from linksim.phy.channels.bits import ERASED, BitChannel
from linksim.phy.coding.plan import CRC_BITS
from linksim.phy.coding.transport import Transport
from linksim.phy.mcs import Mcs, get_mcs

VERSION = 1
"""Raised whenever a bearer delivers something else of the same part under the same keys."""

_END = b"\x80"


class Bearer(Protocol):
    """A way across, for parts of one kind.

    Attributes
    ----------
    axis : str
        What it varies with, such as "snr_db".
    at : float or None
        Its fixed value on that axis; None where it follows the axis of the link.
    noise_identity : str
        What its random keys are derived from. Bearers of one identity are one transmission, and share its positions.
    """

    axis: str
    at: float | None
    noise_identity: str

    def channel_uses(self, values: Any) -> np.ndarray:
        """What the values of a part cost, `int64 [B]`."""

    def send(self, values: Any, value: float, keys: Any, start: int) -> Any:
        """What arrives of the values of a part.

        Parameters
        ----------
        values : [B, ...] or sequence of B
            As the part has them.
        value : float
            On the bearer's axis.
        keys : uint32 [B, 2]
            One random key per row.
        start : int
            Channel uses that the transmission has taken before.
        """

    def fingerprint(self) -> str:
        """Hex digest of all that can change what arrives."""


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

    def channel_uses(self, values: Any) -> np.ndarray:
        rows, k, _ = values.shape
        return np.full(rows, k + self.channel.overhead(k), np.int64)

    def send(self, values: Any, value: float, keys: Any, start: int) -> Any:
        y = self.channel(tf.complex(values[..., 0], values[..., 1]), value, keys, start).symbols
        return tf.stack([tf.math.real(y), tf.math.imag(y)], axis=-1)

    def fingerprint(self) -> str:
        return fingerprint("symbol bearer", VERSION, channel=self.channel, at=self.at)


class BitBearer:
    """Bits over a bit-level channel, one channel use each: `[B, n]` to values in {0, 1}, -1 where erased.

    Parameters
    ----------
    channel : BitChannel, or a function of its probability that makes one, such as the class itself
        A channel stays as it is; a function is given the value on the link's axis.
    axis : str
        What the probability is called: "erasure_probability" (default) or "bit_error_probability".
    """

    def __init__(self, channel: BitChannel | Callable[[float], BitChannel], axis: str = "erasure_probability"):
        fixed = isinstance(channel, BitChannel)
        self._make = (lambda p: channel) if fixed else channel
        self.axis, self.at = axis, channel.p if fixed else None
        self.noise_identity = self._make(0.5).noise_identity

    def channel_uses(self, values: Any) -> np.ndarray:
        return np.full(values.shape[0], values.shape[1], np.int64)

    def send(self, values: Any, value: float, keys: Any, start: int) -> Any:
        # What was sent before stands in front, so that these bits meet the events of their own positions.
        bits = tf.pad(tf.cast(values, tf.float32), [[0, 0], [start, 0]])
        received = self._make(value)(bits, keys)
        received = received[0] if isinstance(received, (tuple, list)) else received
        return received[:, start:]

    def fingerprint(self) -> str:
        channel = self._make(0.5 if self.at is None else self.at)
        return fingerprint("bit bearer", VERSION, channel=channel, axis=self.axis, at=self.at)


class _Protected:
    """Bytes in one transport block of the 5G chain over a radio channel."""

    axis = "snr_db"
    kind: str

    def __init__(self, mcs: Mcs | str, channel: Channel, snr_db: float | None = None):
        if not channel.coherent:
            raise LinksimError(f"a transport block over {channel.label} needs a receiver that knows h; take csi=True")
        self.mcs, self.channel, self.at = get_mcs(mcs), channel, snr_db
        self.noise_identity = channel.noise_identity

    def _uses(self, num_bytes: int) -> int:
        n = smallest_transport(self.mcs, num_bytes).num_symbols
        return n + self.channel.overhead(n)

    def _exchange(self, payloads: Sequence[bytes], value: float, keys: Any, start: int) -> list[tuple[bytes, Any]]:
        """Of every row what the decoder gives, right or wrong, and which of its code blocks passed."""
        keys, found = np.asarray(keys), [None] * len(payloads)
        lengths = np.array([len(p) for p in payloads])
        for length in np.unique(lengths):
            rows = np.flatnonzero(lengths == length)
            transport = smallest_transport(self.mcs, int(length))
            block = [payloads[i].ljust(transport.payload_bytes, b"\0") for i in rows]
            x = transport.transmit(np.stack([np.frombuffer(p, np.uint8) for p in block]))
            y = self.channel(x, value, keys[rows], start)
            got = transport.receive(y.symbols, y.noise_variance)
            for row, payload, delivered, passed in zip(
                rows, got.payload, got.delivered, got.blocks_passed, strict=True
            ):
                blocks = np.asarray(passed) | bool(delivered)
                found[row] = (np.asarray(payload, np.uint8).tobytes(), blocks, bool(delivered))
        return found

    def fingerprint(self) -> str:
        mcs = [self.mcs.name, self.mcs.bits_per_symbol, self.mcs.code_rate, self.mcs.max_code_block_bits]
        parts = {"mcs": mcs, "channel": self.channel, "at": self.at, "transport": smallest_transport(self.mcs, 1)}
        return fingerprint(self.kind, VERSION, **parts)


class TransportBearer(_Protected):
    """Bytes in one protected transport block: each string arrives whole, or as None.

    The block is the smallest that holds the string and a byte that closes it (0x80, the rest is zero); how
    many channel uses that is, the receiver knows from the grant, as in 5G.

    Parameters
    ----------
    mcs : Mcs or str
    channel : Channel
        Where it fades, the receiver must know h.
    snr_db : float, optional
        A fixed Es/N0 in dB; default: what the link's axis says.

    Raises
    ------
    LinksimError
        If the channel fades and the receiver does not know h.
    """

    kind = "transport bearer"

    def channel_uses(self, values: Sequence[bytes]) -> np.ndarray:
        return np.array([self._uses(len(v) + len(_END)) for v in values], np.int64)

    def send(self, values: Sequence[bytes], value: float, keys: Any, start: int) -> list[bytes | None]:
        received = self._exchange([v + _END for v in values], value, keys, start)
        return [p.rstrip(b"\0")[: -len(_END)] if delivered else None for p, _, delivered in received]


class CodeBlockBearer(_Protected):
    """Bits as code blocks of the 5G chain: `[B, n]` to 0 and 1, and -1 for the bits of a code block whose CRC fails.

    Parameters
    ----------
    mcs, channel, snr_db
        As in `TransportBearer`.
    """

    kind = "code block bearer"

    def channel_uses(self, values: Any) -> np.ndarray:
        return np.full(values.shape[0], self._uses(-(-values.shape[1] // 8)), np.int64)

    def send(self, values: Any, value: float, keys: Any, start: int) -> np.ndarray:
        bits = np.asarray(values).astype(np.uint8)
        n = bits.shape[1]
        out = np.empty(bits.shape, np.float32)
        packed = [row.tobytes() for row in np.packbits(bits, axis=1)]
        for row, (payload, passed, _) in enumerate(self._exchange(packed, value, keys, start)):
            got = np.unpackbits(np.frombuffer(payload, np.uint8)).astype(np.float32)
            # All code blocks are equally long; the last one also holds the CRC of the transport block.
            per_block = (len(got) + CRC_BITS) // len(passed)
            out[row] = np.where(passed[np.arange(n) // per_block], got[:n], ERASED)
        return out


@lru_cache(maxsize=4096)
def smallest_transport(mcs: Mcs, num_bytes: int) -> Transport:
    """The transport block of the fewest channel uses whose payload holds that many bytes."""
    efficiency = mcs.code_rate * mcs.bits_per_symbol
    num_symbols = max(1, int(8 * num_bytes / efficiency))
    while True:
        transport = Transport(mcs, num_symbols)
        if transport.payload_bytes >= max(num_bytes, 1):
            return transport
        num_symbols += 1
