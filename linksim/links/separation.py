"""A conventional picture codec behind 5G LDPC and QAM."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from linksim import identity
from linksim.errors import LinksimError
from linksim.images.picture import Picture
from linksim.links.allotment import cbr_label, channel_uses, data_symbols, exact_cbr, legend_of, warm_source
from linksim.links.base import Bandwidth, Link, Outcomes, Reception
from linksim.links.concealment import MEAN_COLOUR_BITS, check_concealment, conceal
from linksim.links.concealment import VERSION as CONCEALMENT_VERSION
from linksim.phy._tf import tf
from linksim.phy.bler.probability import TABLES, block_error_curves, tables_fingerprint, transport_error_probability
from linksim.phy.channels.base import Channel
from linksim.phy.coding import chain, plan, transport
from linksim.phy.coding.decoders import Decoder, get_decoder
from linksim.phy.coding.transport import Transport
from linksim.phy.mcs import Mcs
from linksim.phy.rng import Stream, draw_keys, picture_key, uniform
from linksim.source import RateDistortion, RdPoint, SourceCodec, as_curves

VERSION = 1
"""Raised whenever a change of this file can change a result."""

MODES = ("factored", "chain")
_CHAIN_BITS = 1 << 25
_END = b"\x80"


@dataclass(frozen=True, eq=False)
class PicturePlan:
    """How one picture is sent.

    Parameters
    ----------
    transport : Transport
        What carries its bytes; shared by pictures of one size.
    point : RdPoint or None
        The best quality whose stream fits; None where not even the lowest does.
    bandwidth : Bandwidth
        What the channel uses are spent on.
    """

    transport: Transport
    point: RdPoint | None
    bandwidth: Bandwidth


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
    decoder : str, Decoder or None
        The LDPC decoder, by default "layered20": layered belief propagation. "sionna" is Sionna's flooding one.
    tables : {"predicted", "exact"}
        In factored mode: whether error rates of codes that have no table in the package are predicted from those of
        other codes, or measured.
    tags : mapping, optional
        Added to its own: "scheme", "cbr" and "role".

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
        source: SourceCodec | RateDistortion,
        mcs: Mcs,
        channel: Channel,
        cbr: float,
        mode: str = "factored",
        concealment: str = "mid-grey",
        name: str | None = None,
        decoder: str | Decoder | None = None,
        tables: str = "predicted",
        tags: Mapping[str, str | float] | None = None,
    ):
        source = as_curves(source)
        if mode not in MODES:
            raise LinksimError(f"unknown mode {mode!r}; take one of {', '.join(MODES)}")
        if tables not in TABLES:
            raise LinksimError(f"tables is {tables!r}; take one of {', '.join(TABLES)}")
        if mode == "chain" and not source.has_streams:
            raise LinksimError(f"{source.name} has no stream of a single picture to send; take mode='factored'")
        if not channel.coherent:
            raise LinksimError(
                f"a coherent digital link needs to know the fading of {channel.name}; make the channel with csi=True"
            )
        if mode == "factored":
            _ = channel.law  # raises where there are no tables for the channel
            # Nothing is simulated but a coin toss per draw.
            self.max_pixels, self.first_draws = 1 << 40, 128
        self.source, self.mcs, self.channel, self.mode, self.tables = source, mcs, channel, mode, tables
        self.cbr = exact_cbr(cbr)
        self.concealment = check_concealment(concealment)
        self.decoder = get_decoder(decoder)
        scheme, legend = f"{source.name} + {mcs.name}", legend_of(channel)
        self.name = name or f"{scheme}, CBR {cbr_label(cbr)}{legend}"
        own = {"scheme": f"{scheme}{legend}", "cbr": float(self.cbr), "role": "scheme"}
        self.tags = {**own, **(tags or {})}
        self._source_id = source.fingerprint()
        self._transports: dict[int, Transport] = {}
        self._plans: dict[str, PicturePlan] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_transports": {}, "_plans": {}}

    def fingerprint(self) -> str:
        if self.mode == "chain":
            arrival = {"chain": chain.fingerprint(self.decoder), "libraries": chain.libraries()}
        else:
            law = self.channel.law
            tables = tables_fingerprint(law, self.decoder)
            arrival = {"tables": tables, "law": law, "choice": self.tables}
        return identity.fingerprint(
            "separation link",
            VERSION,
            source=self._source_id,
            mcs=[self.mcs.bits_per_symbol, self.mcs.code_rate, self.mcs.max_code_block_bits],
            channel=self.channel,
            cbr=self.cbr,
            mode=self.mode,
            concealment=[self.concealment, CONCEALMENT_VERSION],
            sizes=[plan.VERSION, transport.VERSION],
            **arrival,
        )

    def quick(self) -> SeparationLink:
        """The same link with predicted error rates, so that nothing has to be measured."""
        link = copy.copy(self)
        link.tables = "predicted"
        link._transports, link._plans = {}, {}
        return link

    def rate(self) -> float:
        """Information bits per channel use."""
        return self.mcs.spectral_efficiency

    def prepare(self, pictures: Sequence[Picture], workers: int) -> None:
        warm_source(self.source, pictures, workers)
        if self.mode == "factored":
            # What has to be measured is measured here, once, and not by every worker for itself.
            for picture in {picture.size: picture for picture in pictures}.values():
                block_error_curves(self._transport(picture)[0], self.channel.law, self.tables)

    def plan(self, picture: Picture) -> PicturePlan:
        """How a picture is sent, worked out once.

        Raises
        ------
        LinksimError
            If it gets no channel use, or too few for its mean colour.
        """
        if picture.sha256 not in self._plans:
            carrier, items, uses = self._transport(picture)
            budget = max(0, carrier.payload_bytes - len(_END))
            point = self.source.best_within(picture.pixels, budget)
            spent = dict(carrier.bandwidth_items())
            if point is not None:
                payload = spent.pop("payload")
                spent["picture stream"] = payload * point.num_bytes / carrier.payload_bytes
                spent["end marker and padding"] = payload - spent["picture stream"]
            self._plans[picture.sha256] = PicturePlan(carrier, point, Bandwidth(uses, {**spent, **items}))
        return self._plans[picture.sha256]

    def _transport(self, picture: Picture) -> tuple[Transport, dict[str, float], int]:
        """The transport of a picture, what else its channel uses are spent on, and how many there are."""
        budget = channel_uses(self.cbr, picture)
        symbols = data_symbols(self.channel, budget)
        aside = math.ceil(MEAN_COLOUR_BITS / self.rate()) if self.concealment == "mean-colour" else 0
        if symbols - aside < 1:
            what = "the mean colour; raise cbr or use mid-grey" if aside else "what the channel takes; raise cbr"
            raise LinksimError(f"picture {picture.name!r}: {budget} channel uses do not hold {what}")
        if symbols - aside not in self._transports:
            self._transports[symbols - aside] = Transport(self.mcs, symbols - aside, self.decoder)
        overhead = self.channel.overhead(symbols)
        items = {"mean colour": float(aside), "channel overhead": float(overhead)}
        return (
            self._transports[symbols - aside],
            {item: uses for item, uses in items.items() if uses},
            symbols + overhead,
        )

    def transmit(self, pictures: Sequence[Picture], value: float, draws: range, seed: int = 0) -> Reception:
        plans = [self.plan(picture) for picture in pictures]
        # Where not even the lowest quality fits there is an outage, whatever the channel does.
        outcomes = [self._lost(i, pictures[i], len(draws)) for i, p in enumerate(plans) if p.point is None]
        sent = [i for i, p in enumerate(plans) if p.point is not None]
        if sent:
            noise = self.channel.noise_identity
            keys = draw_keys(np.stack([picture_key(noise, pictures[i].sha256, seed) for i in sent]), draws)
            arrive = self._chain if self.mode == "chain" else self._factored
            outcomes.extend(arrive(sent, pictures, keys, float(value)))
        return Reception(layers=[outcomes], bandwidth=[[p.bandwidth for p in plans]])

    def _factored(self, sent: list[int], pictures: Sequence[Picture], keys: Any, snr_db: float) -> list[Outcomes]:
        """Toss for every picture and draw: keys `[P, D, 2]`."""
        law, gain = self.channel.given_fade(keys)
        toss = uniform(keys, 1, Stream.SUCCESS).numpy()[..., 0]
        outcomes = []
        for row, index in enumerate(sent):
            # One gain for all, or one for each picture and draw
            met = snr_db + 10 * np.log10(np.maximum(gain[row] if np.ndim(gain) > 1 else gain, 1e-30))
            lost = transport_error_probability(self.plan(pictures[index]).transport, law, met, tables=self.tables)
            arrived = toss[row] >= lost
            outcomes += self._split(index, pictures[index], int(arrived.sum()), len(arrived))
        return outcomes

    def _chain(self, sent: list[int], pictures: Sequence[Picture], keys: Any, snr_db: float) -> list[Outcomes]:
        """Send real bits for every picture and draw: keys `[P, D, 2]`."""
        return [o for row, index in enumerate(sent) for o in self._send(index, pictures[index], keys[row], snr_db)]

    def _send(self, index: int, picture: Picture, keys: Any, snr_db: float) -> list[Outcomes]:
        how = self.plan(picture)
        stream = self.source.stream(picture.pixels, how.point.quality)
        payload = np.frombuffer((stream + _END).ljust(how.transport.payload_bytes, b"\0"), np.uint8)[None]
        symbols = how.transport.transmit(payload)
        rows = max(1, _CHAIN_BITS // (how.transport.num_symbols * self.mcs.bits_per_symbol))
        arrived, forged = 0, []
        for start in range(0, len(keys), rows):
            part = keys[start : start + rows]
            result = how.transport.receive(*self.channel(tf.repeat(symbols, len(part), axis=0), snr_db, part))
            right = np.all(result.payload == payload, axis=1)
            arrived += int(np.sum(result.delivered & right))
            forged += [row.tobytes() for row in result.payload[result.delivered & ~right]]
        outcomes = self._split(index, picture, arrived, len(keys) - len(forged))
        return outcomes + [self._forged(index, picture, data) for data in forged]

    def _split(self, index: int, picture: Picture, arrived: int, total: int) -> list[Outcomes]:
        made = []
        if arrived:
            made.append(self._decoded(index, picture, arrived))
        if total - arrived:
            made.append(self._lost(index, picture, total - arrived))
        return made

    def _decoded(self, index: int, picture: Picture, count: int) -> Outcomes:
        quality = self.plan(picture).point.quality
        return Outcomes(
            picture=np.array([index]),
            count=np.array([count]),
            delivered=np.array([True]),
            pixels=lambda: self.source.reconstruction(picture.pixels, quality)[None],
            keys=[f"{self._source_id}:{quality}"],
        )

    def _lost(self, index: int, picture: Picture, count: int) -> Outcomes:
        return Outcomes(
            picture=np.array([index]),
            count=np.array([count]),
            delivered=np.array([False]),
            pixels=lambda: conceal(picture, self.concealment)[None],
            keys=[f"concealed:{self.concealment}"],
        )

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
