"""A codec whose parts go different ways: symbols, bits and bytes, each over a bearer of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import numpy as np

from linksim.codecs.base import weights_digest
from linksim.codecs.conversation import black, hold, told, told_whole
from linksim.codecs.parts import Bytes, Part, Shown, Symbols
from linksim.errors import LinksimError
from linksim.identity import fingerprint
from linksim.images.picture import Picture, indices_by_size
from linksim.links.base import Bandwidth, Link, Outcomes, Reception, weights_of
from linksim.links.bearers import Bearer
from linksim.links.crossing import Crossing, take
from linksim.links.transceiver import batch_rows, not_finite
from linksim.phy.rng import draw_keys, picture_key
from linksim.remembered import Remembered
from linksim.source import SourceCodec

_KEPT_BYTES = 1 << 28
"""Of what is decoded from bytes, and of what is sent: the base layers of a few dozen pictures of half a megapixel. Of
what is shown a quarter of it."""

VERSION = 1
"""Raised whenever a change of how a conversation is run can change a result; codec and bearers speak for themselves."""


class ConversationLink(Link):
    """Any codec, over one bearer for each kind of part that it sends.

    Nothing is compiled: for codecs whose parts are symbols alone `AnalogLink` is faster. Bearers of one
    channel are one transmission: one slow fade, one stream of noise. A layer is delivered where all bytes up
    to it arrived; what is shown without them is the codec's matter.

    Parameters
    ----------
    codec : linksim.codecs.Codec
    bearers : mapping of {Symbols, Bits, Bytes} to Bearer
    axis : str
        What the link varies with, such as "snr_db" or "erasure_probability". Bearers of another axis need a
        fixed value.
    name : str, optional
        Default: the codec's.
    feedback : bool
        Whether the transmitter learns what arrived; needed by codecs whose later parts depend on it.
    tags : mapping, optional
        What plots group by, over the link's own.

    Raises
    ------
    LinksimError
        If a bearer has neither a value nor the link's axis, or no bearer has it.
    """

    def __init__(
        self,
        codec: Any,
        bearers: Mapping[type, Bearer],
        axis: str = "snr_db",
        name: str | None = None,
        feedback: bool = False,
        tags: Mapping[str, str | float] | None = None,
    ):
        for kind, bearer in bearers.items():
            if bearer.at is None and bearer.axis != axis:
                raise LinksimError(
                    f"the bearer of {kind.__name__} varies with {bearer.axis}, the link with {axis}; "
                    f"give the bearer a fixed {bearer.axis}"
                )
        if all(bearer.at is not None for bearer in bearers.values()):
            raise LinksimError(f"no bearer varies with {axis}; leave the value of one of them open")
        if codec.needs_reception and not feedback:
            raise LinksimError(f"later parts of {codec.title} depend on what was received; give feedback=True")
        self.codec, self.bearers, self.axis, self.feedback = codec, dict(bearers), axis, feedback
        self.name = name or codec.title
        self.models = (codec.title,)
        self.num_layers = codec.num_layers
        self.tags = {"scheme": self.name, "role": "learned", **(tags or {})}
        self._weights: str | None = None  # whose results are remembered
        self._decoded, self._recorded, self._shown = self._empty()

    def decoded(self, number: int, part: Bytes, arrived: Sequence[bytes | None], size: tuple[int, int]) -> np.ndarray:
        """What a receiver makes of the bytes of a part, row by row; made once of the same bytes, whatever the draw.

        Parameters
        ----------
        number : int
            Of the part in the conversation.
        part : Bytes
        arrived : sequence of bytes or None
        size : (int, int)
            (H, W) of the pictures.
        """

        def row(one: bytes | None) -> np.ndarray:
            return self._decoded((number, size, one), lambda: np.asarray(told(part, [one]))[0])

        return np.stack([row(one) for one in arrived])

    @property
    def model_weights(self) -> Mapping[str, str]:
        return weights_of(self.codec)

    @property
    def source_names(self) -> Sequence[str]:
        return getattr(self.codec, "source_names", ())

    def with_source(self, source: SourceCodec) -> ConversationLink:
        if not self.source_names:
            return self
        other = self.codec.with_source(source)
        return ConversationLink(other, self.bearers, self.axis, self.name, self.feedback, self.tags)

    def fingerprint(self) -> str:
        """Hex digest of the codec, the bearers and how they are brought together."""
        bearers = {kind.__name__: bearer for kind, bearer in self.bearers.items()}
        parts = {"codec": self.codec, "bearers": bearers, "axis": self.axis, "feedback": self.feedback}
        return fingerprint("conversation link", VERSION, **parts)

    def transmit(self, pictures: Sequence[Picture], value: float, draws: range, seed: int = 0) -> Reception:
        self._forget_if_trained()
        bandwidth: list[list[Bandwidth | None]] = [[None] * len(pictures) for _ in range(self.num_layers)]
        layers: list[list[Outcomes]] = [[] for _ in range(self.num_layers)]
        bearers = self.bearers.values()
        same = len(draws) if all(b.certain(float(value) if b.at is None else b.at) for b in bearers) else 1
        draws = draws[::same]  # of draws that are all alike one stands for all
        for size, indices in indices_by_size(pictures).items():
            some = [pictures[i] for i in indices]
            pixels = np.stack([p.pixels for p in some]).astype(np.float32) / np.float32(255)
            recorded = None if self.feedback else self._record(some, pixels, self.snr_db(float(value)))
            owner = np.repeat(np.arange(len(some)), len(draws))
            keys = {
                identity: self._keys(identity, some, draws, seed)
                for identity in {bearer.noise_identity for bearer in self.bearers.values()}
            }
            step = batch_rows(size)
            for start in range(0, len(owner), step):
                rows = owner[start : start + step]
                batch_keys = {identity: k[start : start + step] for identity, k in keys.items()}
                crossing = Crossing(self.bearers, self.name, batch_keys, len(rows), float(value))
                if recorded is None:
                    shown = self._converse(crossing, pixels[rows], size)
                else:
                    for kind, values in recorded:
                        crossing.send(kind, take(values, rows))
                    shown = self._received(crossing, some[rows[0]], size)
                for layer, (picture, parts) in enumerate(shown):
                    tally, index = crossing.tallies[parts], np.asarray(indices)[rows]
                    uses, delivered = tally.uses, tally.delivered
                    one, count = _distinct(index, uses, delivered, picture)
                    differ = uses[one] if self.feedback else None
                    outcome = index[one], same * count, delivered[one], picture[one], None, differ, tally.certain
                    layers[layer].append(Outcomes(*outcome))
                    for row, i in enumerate(index):
                        if bandwidth[layer][i] is None:
                            costs = {name: float(cost[row]) for name, cost in tally.items.items()}
                            bandwidth[layer][i] = Bandwidth(int(uses[row]), costs)
        return Reception(layers=layers, bandwidth=bandwidth)

    def _keys(self, identity: str, pictures: Sequence[Picture], draws: range, seed: int) -> np.ndarray:
        roots = np.stack([picture_key(identity, p.sha256, seed) for p in pictures])
        return np.asarray(draw_keys(roots, draws)).reshape(-1, 2)

    def _record(self, pictures: Sequence[Picture], pixels: np.ndarray, snr_db: float | None) -> list[tuple[type, Any]]:
        """Kind and values of the parts, where none depends on what arrived; made once for all values of the axis,
        unless they are SNRs that the codec encodes for."""

        def record() -> list[tuple[type, Any]]:
            sent: list[tuple[type, Any]] = []

            def answer(part: Part) -> Any:
                sent.append((type(part), part.values if isinstance(part, Bytes) else np.asarray(part.values)))
                return told_whole(part)

            hold(self.codec.converse(pixels, snr_db, pixels.shape[1:3]), answer)
            return sent

        used = snr_db if getattr(self.codec, "encodes_for_snr", False) else None
        return self._recorded((used, *(p.sha256 for p in pictures)), record)

    def _received(self, crossing: Crossing, picture: Picture, size: tuple[int, int]) -> list[tuple[np.ndarray, int]]:
        """What the receiver shows of what arrived, as `_converse` gives it.

        A single row that arrives as one before did shows what was shown then. Rows that are decoded together are not
        looked up: their last bits may depend on their company. Symbols never arrive twice.
        """

        def converse() -> list[tuple[np.ndarray, int]]:
            # What this side would send means nothing: it has black pictures.
            return self._converse(crossing, np.asarray(black(np.zeros((crossing.rows, 1)), size)), size)

        if crossing.rows > 1 or Symbols in crossing.kinds:
            return converse()
        key = picture.sha256, self.snr_db(crossing.value), crossing.digest()
        return self._shown(key, converse)

    def _converse(
        self, crossing: Crossing, pictures: np.ndarray, size: tuple[int, int]
    ) -> list[tuple[np.ndarray, int]]:
        """Of every layer: pictures `uint8`, and after how many parts they are shown. With feedback, parts are sent as
        they come; without, all of them have arrived."""
        number, counts = 0, list[int]()

        def watched(dialogue: Any) -> Any:
            reply = None
            while True:
                try:
                    part = dialogue.send(reply)
                except StopIteration:
                    return
                if isinstance(part, Shown):
                    counts.append(number)
                reply = yield part

        def answer(part: Part) -> Any:
            nonlocal number
            number += 1
            if self.feedback:
                crossing.send(type(part), part.values)
            arrived = crossing.arrival(number, type(part))
            if not isinstance(part, Bytes):
                return told(part, arrived)
            return arrived if part.decode is None else self.decoded(number - 1, part, arrived, size)

        shown = hold(watched(self.codec.converse(pictures, self.snr_db(crossing.value), size)), answer)
        if len(shown) != self.num_layers:
            promise = f"it must show one for each of {self.num_layers} layers"
            raise LinksimError(f"{self.name}: the conversation showed {len(shown)} pictures; {promise}")
        return [(self._to_bytes(p, crossing.rows, size), count) for p, count in zip(shown, counts, strict=True)]

    def _to_bytes(self, pictures: Any, rows: int, size: tuple[int, int]) -> np.ndarray:
        pictures = np.asarray(pictures, np.float32)
        if pictures.shape != (rows, *size, 3):
            promise = f"they must be {[rows, *size, 3]}"
            raise LinksimError(f"{self.name}: the pictures shown are {list(pictures.shape)}; {promise}")
        if not np.all(np.isfinite(pictures)):
            raise not_finite(self.name)
        return np.rint(np.clip(pictures, 0, 1) * 255).astype(np.uint8)

    def _forget_if_trained(self) -> None:
        """A codec in somebody's hands may have learned since it was asked last."""
        weights = weights_digest(self.codec)
        if weights != self._weights:
            self._weights = weights
            self._decoded, self._recorded, self._shown = self._empty()

    @staticmethod
    def _empty() -> tuple[Remembered, Remembered, Remembered]:
        return Remembered(_KEPT_BYTES), Remembered(_KEPT_BYTES), Remembered(_KEPT_BYTES // 4)

    def snr_db(self, value: float) -> float | None:
        """Es/N0 in dB that both ends are told: that of the axis, or else of a bearer.

        Parameters
        ----------
        value : float
            On the axis of the link.
        """
        if self.axis == "snr_db":
            return value
        return next((bearer.at for bearer in self.bearers.values() if bearer.axis == "snr_db"), None)


def _distinct(*of_row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first of all rows that are alike in every array, and how many they are."""
    arrays = [np.ascontiguousarray(values) for values in of_row]
    keys = [b"".join(sha256(values[row]).digest() for values in arrays) for row in range(len(arrays[0]))]
    _, first, count = np.unique(np.array(keys, object), return_index=True, return_counts=True)
    order = np.argsort(first)
    return first[order], count[order].astype(np.int64)
