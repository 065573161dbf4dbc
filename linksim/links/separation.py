"""A conventional picture codec behind 5G LDPC and QAM."""

from __future__ import annotations

import math
from collections.abc import Sequence
from importlib.metadata import distributions
from typing import Any

import numpy as np

from linksim.errors import LinksimError
from linksim.images.picture import Picture
from linksim.links.base import Bandwidth, Link, Outcomes, Reception
from linksim.links.allotment import (
    MEAN_COLOUR_BITS,
    cbr_label,
    channel_uses,
    check_concealment,
    conceal,
    digest,
    exact_cbr,
    legend_of,
    warm_source,
)
from linksim.phy._tf import tf
from linksim.phy.bler.table import block_error_tables, tables_fingerprint, transport_error_probability
from linksim.phy.channels.base import Channel
from linksim.phy.channels.flat import CHANNELS
from linksim.phy.mcs import Mcs
from linksim.phy.rng import Stream, draw_keys, picture_key, uniform
from linksim.phy.coding.transport import VERSION as TRANSPORT_VERSION
from linksim.phy.coding.transport import Transport
from linksim.source import Curves, RdPoint, SourceCodec, as_curves

VERSION = 1
"""Raised whenever a change of this file can change a result."""

MODES = ("factored", "chain")
_CHAIN_BITS = 1 << 25
_END = b"\x80"


def _chain_versions() -> list[str]:
    """What the real chain depends on beside this file: Sionna, by whichever name, and TensorFlow."""
    found = {d.metadata["Name"].lower(): d.version for d in distributions(name="sionna")}
    found |= {d.metadata["Name"].lower(): d.version for d in distributions(name="sionna-no-rt")}
    libraries = [f"{name} {found[name]}" for name in sorted(found)]
    return [f"transport {TRANSPORT_VERSION}", *libraries, f"tensorflow {tf.__version__}"]


class SeparationLink(Link):
    """Source codec, transport block, LDPC, QAM; a block that fails its CRC is concealed.

    Each picture gets `floor(cbr * 3HW)` channel uses, and the best quality whose bytes fit into the
    payload that the scheme leaves of them. One byte closes the stream (0x80, the rest of the payload
    is zero), so that the receiver needs no length.

    Parameters
    ----------
    source : SourceCodec
    mcs : Mcs
        Modulation and code rate.
    channel : Channel
        Where it fades, the receiver must know h (`csi=True`).
    cbr : float
        Channel uses per picture value, k/n.
    mode : {"factored", "chain"}
        "chain" sends the real bits of every picture and draw. "factored" draws whether the transport
        block arrives from measured block-error tables: the same law, at next to no cost.
    concealment : {"mid-grey", "mean-colour"}
        What is shown of a lost picture. The mean colour is charged as 24 bits at the scheme's rate
        and taken to arrive.
    name : str, optional

    Raises
    ------
    LinksimError
        If the channel fades and the receiver does not know h, or an argument is off.

    Examples
    --------
    >>> from linksim.phy import Awgn, get_mcs
    >>> from linksim.source import Bpg
    >>> link = SeparationLink(Bpg(), get_mcs("16-QAM 2/3"), Awgn(), cbr=1 / 16)
    """

    def __init__(
        self,
        source: SourceCodec | Curves,
        mcs: Mcs,
        channel: Channel,
        cbr: float,
        mode: str = "factored",
        concealment: str = "mid-grey",
        name: str | None = None,
    ):
        if mode not in MODES:
            raise LinksimError(f"unknown mode {mode!r}; take one of {', '.join(MODES)}")
        source = as_curves(source)
        if mode == "chain" and not source.has_streams:
            raise LinksimError(f"{source.name} has no stream of a single picture to send; take mode='factored'")
        if channel.fades and not channel.csi:
            raise LinksimError(
                f"a coherent digital link needs to know the fading of {channel.name}; make the channel with csi=True"
            )
        self.source, self.mcs, self.channel, self.mode = source, mcs, channel, mode
        self.cbr = exact_cbr(cbr)
        if mode == "factored" and channel.name not in CHANNELS:
            raise LinksimError(f"there are no block-error tables for the channel {channel.name}; take mode='chain'")
        self.concealment = check_concealment(concealment)
        self.name = name or f"{source.name} + {mcs.name}, CBR {cbr_label(cbr)}{legend_of(channel)}"
        if mode == "factored":
            # Nothing is simulated but a coin toss per draw.
            self.max_pixels, self.first_draws = 1 << 40, 128
        self._source_id = source.fingerprint()
        self._transports: dict[int, Transport] = {}
        self._points: dict[str, RdPoint | None] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_transports": {}, "_points": {}}

    def fingerprint(self) -> str:
        return digest(
            link="separation",
            version=VERSION,
            source=self._source_id,
            mcs=repr(self.mcs),
            channel=self.channel.label,
            cbr=str(self.cbr),
            mode=self.mode,
            chain=_chain_versions() if self.mode == "chain" else "",
            concealment=self.concealment,
            tables=tables_fingerprint(self._table, self.mcs.bits_per_symbol) if self.mode == "factored" else "",
        )

    def rate(self) -> float:
        """Information bits per channel use."""
        return self.mcs.bits_per_symbol * self.mcs.code_rate

    def transport(self, picture: Picture) -> tuple[Transport, int]:
        """The transport of a picture, and the channel uses set aside for its mean colour."""
        uses = channel_uses(self.cbr, picture)
        aside = math.ceil(MEAN_COLOUR_BITS / self.rate()) if self.concealment == "mean-colour" else 0
        if uses - aside < 1:
            raise LinksimError(
                f"picture {picture.name!r}: {uses} channel uses do not hold the mean colour; raise cbr or use mid-grey"
            )
        if uses - aside not in self._transports:
            self._transports[uses - aside] = Transport(self.mcs, uses - aside)
        return self._transports[uses - aside], aside

    def prepare(self, pictures: Sequence[Picture], workers: int) -> None:
        warm_source(self.source, pictures, workers)
        if self.mode == "factored":
            # Missing tables are measured here, once, and not by every worker for itself.
            for picture in {picture.size: picture for picture in pictures}.values():
                block_error_tables(self.transport(picture)[0], self._table)

    @property
    def _table(self) -> str:
        """On slow fading one h serves the whole block: it meets an AWGN channel of the SNR that the fade leaves."""
        return "rayleigh-fast" if self.channel.name == "rayleigh-fast" else "awgn"

    def transmit(self, pictures: Sequence[Picture], snr_db: float, draws: range, seed: int = 0) -> Reception:
        outcomes: list[Outcomes] = []
        bandwidth: list[Bandwidth] = []
        sent: list[int] = []
        for index, picture in enumerate(pictures):
            transport, aside = self.transport(picture)
            point = self._point(picture)
            bandwidth.append(self._bandwidth(transport, aside, point))
            if point is None:  # not even the lowest quality fits: an outage, whatever the channel does
                outcomes.append(self._lost(index, picture, len(draws)))
            else:
                sent.append(index)
        if sent:
            identity = self.channel.noise_identity
            keys = draw_keys(np.stack([picture_key(identity, pictures[i].sha256, seed) for i in sent]), draws)
            arrive = self._chain if self.mode == "chain" else self._factored
            outcomes.extend(arrive(sent, pictures, keys, float(snr_db)))
        return Reception(layers=[outcomes], bandwidth=[bandwidth])

    def _point(self, picture: Picture) -> RdPoint | None:
        """The best quality that fits, looked up once per picture."""
        if picture.sha256 not in self._points:
            transport, _ = self.transport(picture)
            budget = max(0, transport.payload_bytes - len(_END))
            self._points[picture.sha256] = self.source.best_within(picture.pixels, budget)
        return self._points[picture.sha256]

    def _bandwidth(self, transport: Transport, aside: int, point: RdPoint | None) -> Bandwidth:
        items = dict(transport.bandwidth_items())
        if point is not None:
            payload = items.pop("payload")
            items["picture stream"] = payload * point.num_bytes / transport.payload_bytes
            items["end marker and padding"] = payload - items["picture stream"]
        if aside:
            items["mean colour"] = float(aside)
        return Bandwidth(transport.num_symbols + aside, items)

    def _lost(self, index: int, picture: Picture, count: int) -> Outcomes:
        return Outcomes(
            picture=np.array([index]),
            count=np.array([count]),
            delivered=np.array([False]),
            pixels=lambda: conceal(picture, self.concealment)[None],
            keys=[f"concealed:{self.concealment}"],
        )

    def _decoded(self, index: int, picture: Picture, count: int) -> Outcomes:
        quality = self._point(picture).quality
        return Outcomes(
            picture=np.array([index]),
            count=np.array([count]),
            delivered=np.array([True]),
            pixels=lambda: self.source.reconstruction(picture.pixels, quality)[None],
            keys=[f"{self._source_id}:{quality}"],
        )

    def _split(self, index: int, picture: Picture, arrived: int, total: int) -> list[Outcomes]:
        made = []
        if arrived:
            made.append(self._decoded(index, picture, arrived))
        if total - arrived:
            made.append(self._lost(index, picture, total - arrived))
        return made

    def _factored(self, sent: list[int], pictures: Sequence[Picture], keys: Any, snr_db: float) -> list[Outcomes]:
        """Toss for every picture and draw: keys `[P, D, 2]`."""
        snrs = np.full(keys.shape[:2], snr_db)
        varies = self.channel.fades and self._table == "awgn"
        if varies:
            gain = np.abs(self.channel.fading(keys, 1).numpy()[..., 0]) ** 2
            snrs = snrs + 10 * np.log10(np.maximum(gain, 1e-30))
        toss = uniform(keys, 1, Stream.SUCCESS).numpy()[..., 0]
        outcomes = []
        for row, index in enumerate(sent):
            transport, _ = self.transport(pictures[index])
            met = snrs[row] if varies else snrs[row, :1]  # one number serves all draws
            arrived = toss[row] >= transport_error_probability(transport, self._table, met)
            outcomes += self._split(index, pictures[index], int(arrived.sum()), len(arrived))
        return outcomes

    def _chain(self, sent: list[int], pictures: Sequence[Picture], keys: Any, snr_db: float) -> list[Outcomes]:
        """Send real bits for every picture and draw: keys `[P, D, 2]`."""
        return [o for row, index in enumerate(sent) for o in self._send(index, pictures[index], keys[row], snr_db)]

    def _send(self, index: int, picture: Picture, keys: Any, snr_db: float) -> list[Outcomes]:
        transport, _ = self.transport(picture)
        stream = self.source.stream(picture.pixels, self._point(picture).quality)
        payload = np.frombuffer((stream + _END).ljust(transport.payload_bytes, b"\0"), np.uint8)[None]
        symbols = transport.transmit(payload)
        rows = max(1, _CHAIN_BITS // (transport.num_symbols * self.mcs.bits_per_symbol))
        arrived, forged = 0, []
        for start in range(0, len(keys), rows):
            part = keys[start : start + rows]
            result = transport.receive(*self.channel(tf.repeat(symbols, len(part), axis=0), snr_db, part))
            right = np.all(result.payload == payload, axis=1)
            arrived += int(np.sum(result.delivered & right))
            forged += [row.tobytes() for row in result.payload[result.delivered & ~right]]
        outcomes = self._split(index, picture, arrived, len(keys) - len(forged))
        return outcomes + [self._forged(index, picture, data) for data in forged]

    def _forged(self, index: int, picture: Picture, payload: bytes) -> Outcomes:
        """A wrong payload with a right CRC, once in 16 million failures: the decoder gets what arrived."""
        height, width = picture.size
        try:
            pixels = self.source.decode(payload.rstrip(b"\0").removesuffix(_END), max_pixels=height * width)
        except LinksimError:
            return self._lost(index, picture, 1)
        if pixels.shape != picture.pixels.shape:
            return self._lost(index, picture, 1)
        return Outcomes(np.array([index]), np.array([1]), np.array([True]), pixels[None])
