"""Bytes and bits in transport blocks of the 5G chain over a radio channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from linksim.errors import LinksimError
from linksim.identity import fingerprint
from linksim.links.arrivals import END
from linksim.phy.bler.probability import code_block_error_probabilities, tables_fingerprint
from linksim.phy.channels.base import Channel
from linksim.phy.channels.bits import ERASED
from linksim.phy.coding.interleaver import Interleaver
from linksim.phy.coding.plan import CRC_BITS
from linksim.phy.coding.transport import Transport
from linksim.phy.mcs import Mcs, get_mcs
from linksim.phy.rng import Stream, uniform

VERSION = 1
"""Raised whenever one of these bearers delivers something else of the same part under the same keys."""

MODES = ("chain", "factored")
FAILED = ("erase", "keep", "soft")


class _Decoded(NamedTuple):
    """A transport block as its receiver has it.

    payload: bytes, right or wrong. passed: which code blocks do, `bool [C]`. delivered: whether all is right.
    probabilities: of ones, `[8 * len(payload)]`, where the bearer asks for them.
    """

    payload: bytes
    passed: np.ndarray
    delivered: bool
    probabilities: np.ndarray | None = None


class _Protected:
    """What the two bearers share: a transport block, and what becomes of its code blocks."""

    axis = "snr_db"
    kind: str
    _softly = False

    def __init__(self, mcs: Mcs | str, channel: Channel, snr_db: float | None = None, mode: str = "chain"):
        if not channel.coherent:
            raise LinksimError(f"a transport block over {channel.label} needs a receiver that knows h; take csi=True")
        if mode not in MODES:
            raise LinksimError(f"unknown mode {mode!r}; take one of {', '.join(MODES)}")
        if mode == "factored":
            _ = channel.law  # raises where there are no tables for the channel
        self.mcs, self.channel, self.at, self.mode = get_mcs(mcs), channel, snr_db, mode
        self.noise_identity = channel.noise_identity

    def _charges(self, lengths: Sequence[int], fill: Sequence[int]) -> dict[str, np.ndarray]:
        """Channel uses by item of payloads of so many bytes, of which `fill` close the stream."""
        rows = []
        for length, end in zip(lengths, fill, strict=True):
            transport = smallest_transport(self.mcs, int(length))
            items = transport.bandwidth_items()
            payload = items.pop("payload")
            stream = payload * (length - end) / transport.payload_bytes
            overhead = self.channel.overhead(transport.num_symbols)
            own = {"stream": stream, "end marker and padding": payload - stream, **items}
            rows.append(own | ({"channel overhead": float(overhead)} if overhead else {}))
        return {item: np.array([row.get(item, 0.0) for row in rows]) for item in {k: None for row in rows for k in row}}

    def _exchange(self, payloads: Sequence[bytes], value: float, keys: Any, start: int) -> list[_Decoded]:
        """Of every row what the decoder gives."""
        keys, found = np.asarray(keys), {}
        lengths = np.array([len(p) for p in payloads])
        for length in np.unique(lengths):
            rows = np.flatnonzero(lengths == length)
            transport = smallest_transport(self.mcs, int(length))
            block = [payloads[i].ljust(transport.payload_bytes, b"\0") for i in rows]
            if self.mode == "factored":
                passed = self._passed(transport, value, keys[rows], start)
                results = [_Decoded(p, ok, bool(ok.all())) for p, ok in zip(block, passed, strict=True)]
            else:
                x = transport.transmit(np.stack([np.frombuffer(p, np.uint8) for p in block]))
                y = self.channel(x, value, keys[rows], start)
                got = transport.receive(y.symbols, y.noise_variance, probabilities=self._softly)
                # A transport block that passes as a whole has no code block that did not.
                blocks = np.asarray(got.blocks_passed) | np.asarray(got.delivered)[:, None]
                sure = [None] * len(rows) if got.probabilities is None else got.probabilities
                each = zip(got.payload, blocks, got.delivered, sure, strict=True)
                results = [_Decoded(p.tobytes(), ok, bool(whole), soft) for p, ok, whole, soft in each]
            found.update(zip(rows.tolist(), results, strict=True))
        return [found[row] for row in range(len(payloads))]

    def _passed(self, transport: Transport, snr_db: float, keys: np.ndarray, start: int) -> np.ndarray:
        """Which code blocks arrive, drawn from block-error tables: `bool [B, C]`."""
        law, gain = self.channel.given_fade(keys)
        met = snr_db + 10 * np.log10(np.maximum(np.broadcast_to(gain, len(keys)), 1e-30))
        # Tosses are numbered by channel uses, of which a part has more than code blocks: each part meets its own.
        toss = uniform(keys, start + transport.num_code_blocks, Stream.SUCCESS).numpy()[:, start:]
        return toss >= code_block_error_probabilities(transport, law, met)

    def certain(self, value: float) -> bool:
        return False

    def fingerprint(self) -> str:
        mcs = [self.mcs.name, self.mcs.bits_per_symbol, self.mcs.code_rate, self.mcs.max_code_block_bits]
        parts = {"mcs": mcs, "channel": self.channel, "at": self.at, "transport": smallest_transport(self.mcs, 1)}
        if self.mode == "factored":
            parts["tables"] = tables_fingerprint(self.channel.law)
        return fingerprint(self.kind, VERSION, **parts, **self._own())

    def _own(self) -> Mapping[str, Any]:
        return {}


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
    mode : {"chain", "factored"}
        "chain" sends the real bits; "factored" draws from block-error tables which code blocks arrive.
    error_free : bool
        Charge for the transport block, and take it to arrive, as the literature does with a base layer.

    Raises
    ------
    LinksimError
        If the channel fades and the receiver does not know h, or `mode` is unknown.
    """

    kind = "transport bearer"

    def __init__(
        self,
        mcs: Mcs | str,
        channel: Channel,
        snr_db: float | None = None,
        mode: str = "chain",
        error_free: bool = False,
    ):
        super().__init__(mcs, channel, snr_db, mode)
        self.error_free = error_free

    def charges(self, values: Sequence[bytes]) -> Mapping[str, np.ndarray]:
        return self._charges([len(v) + len(END) for v in values], [len(END)] * len(values))

    def certain(self, value: float) -> bool:
        return self.error_free

    def send(self, values: Sequence[bytes], value: float, keys: Any, start: int) -> list[bytes | None]:
        if self.error_free:
            return list(values)
        received = self._exchange([v + END for v in values], value, keys, start)
        return [block.payload.rstrip(b"\0")[: -len(END)] if block.delivered else None for block in received]

    def _own(self) -> Mapping[str, Any]:
        return {"error_free": self.error_free}


class CodeBlockBearer(_Protected):
    """Bits as code blocks of the 5G chain: `[B, n]` to 0 and 1, and -1 for the bits of a code block whose CRC fails.

    Parameters
    ----------
    mcs, channel, snr_db, mode
        As in `TransportBearer`.
    interleaver : Interleaver, optional
        Applied to the bits before they are cut into code blocks, and undone behind them.
    failed : {"erase", "keep", "soft"}
        What becomes of a code block whose CRC fails: its bits are erased; kept as the decoder has them, some of them
        wrong; or given as the probability of a one, as the decoder has it. In factored mode they can only be erased.

    Raises
    ------
    LinksimError
        As `TransportBearer`; or if `failed` is not possible.
    """

    kind = "code block bearer"

    def __init__(
        self,
        mcs: Mcs | str,
        channel: Channel,
        snr_db: float | None = None,
        mode: str = "chain",
        interleaver: Interleaver | None = None,
        failed: str = "erase",
    ):
        super().__init__(mcs, channel, snr_db, mode)
        possible = FAILED if mode == "chain" else FAILED[:1]  # there are no bits to keep
        if failed not in possible:
            raise LinksimError(f"failed={failed!r} is not possible in mode {mode!r}; take {' or '.join(possible)}")
        self.interleaver, self.failed = interleaver, failed
        self._softly = failed == "soft"

    def charges(self, values: Any) -> Mapping[str, np.ndarray]:
        rows, bits = values.shape
        return self._charges([-(-bits // 8)] * rows, [0] * rows)

    def send(self, values: Any, value: float, keys: Any, start: int) -> np.ndarray:
        bits = np.asarray(values).astype(np.uint8)
        if self.interleaver is not None:
            bits = np.asarray(self.interleaver(bits))
        n = bits.shape[1]
        out = np.empty(bits.shape, np.float32)
        packed = [row.tobytes() for row in np.packbits(bits, axis=1)]
        for row, block in enumerate(self._exchange(packed, value, keys, start)):
            got = np.unpackbits(np.frombuffer(block.payload, np.uint8)).astype(np.float32)
            # All code blocks are equally long; the last one also holds the CRC of the transport block.
            per_block = (len(got) + CRC_BITS) // len(block.passed)
            right = block.passed[np.arange(n) // per_block]
            otherwise = {"erase": np.full(n, ERASED), "keep": got, "soft": block.probabilities}[self.failed]
            out[row] = np.where(right, got[:n], otherwise[:n])
        return out if self.interleaver is None else np.asarray(self.interleaver.inverse(out))

    def _own(self) -> Mapping[str, Any]:
        return {"interleaver": self.interleaver, "failed": self.failed}


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
