"""The base layer: a small picture and a label map, from which a generative network paints the picture."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import keras
import numpy as np
from keras import ops

from linksim.codecs.base import Codec
from linksim.codecs.conversation import Dialogue
from linksim.codecs.ds2c2 import stream
from linksim.codecs.ds2c2.networks import NORMALIZATIONS, compnet, finenet, segnet
from linksim.codecs.parts import Bytes, Shown
from linksim.codecs.symbol_codec import pad_to_multiple
from linksim.errors import LinksimError

_GREY = 0.5
"""What is shown of a base layer that did not arrive."""

MAX_PIXELS = 1 << 23
"""Largest picture: the networks work on the whole of it, with about 850 bytes a pixel at 16 filters, 7 GB in all."""


@keras.saving.register_keras_serializable("linksim")
class Rgan(Codec):
    """RGAN, the base layer of DS2C2 (Yetis 2025, sec. III-A): bytes that must arrive.

    SegNet gives a class to each pixel, s. CompNet makes c, an eighth of the sides and three channels of 8 bits.
    Both are sent, coded without loss (`linksim.codecs.ds2c2.stream`). The receiver enlarges c to c' and lets one
    FineNet after the other add what is missing: x'_1 = c' + FineNet_1(s, c'), x'_2 = x'_1 + FineNet_2(s, x'_1).

    Parameters
    ----------
    filters : int
        F, the width of CompNet and of the FineNets at full resolution; 64 in the paper.
    blocks : int
        Residual blocks of each FineNet; 9 in the paper.
    steps : int
        FineNets; 2 in the paper. 0 shows c'.
    classes : int
        Of the label map; 0 leaves it out.
    boundaries : bool
        Whether the FineNets are also given where the class changes, which costs no bits.
    normalization : {"instance", "none"}
        In CompNet and the FineNets; "instance" in the paper.
    segmentation_filters : int
        Width of SegNet.
    shown_steps : int, optional
        FineNets that the receiver runs: the first so many, by default all. All are trained, each to be the last.

    Raises
    ------
    LinksimError
        If one of them is not possible.
    """

    VERSION = 1
    stride = 8

    def __init__(
        self,
        filters: int = 16,
        blocks: int = 9,
        steps: int = 2,
        classes: int = 11,
        boundaries: bool = False,
        normalization: str = "instance",
        segmentation_filters: int = 16,
        shown_steps: int | None = None,
        name: str | None = None,
        **about: Any,
    ):
        if min(filters, segmentation_filters) < 1 or min(blocks, steps, classes) < 0 or classes > 256:
            raise LinksimError(
                f"filters {filters}, blocks {blocks}, steps {steps}, classes {classes} are not possible; give at least "
                "1 filter and at most 256 classes"
            )
        if normalization not in NORMALIZATIONS:
            raise LinksimError(f"normalization {normalization!r} is unknown; take one of {', '.join(NORMALIZATIONS)}")
        if shown_steps is not None and not 0 <= shown_steps <= steps:
            raise LinksimError(f"shown_steps is {shown_steps}; give a number from 0 to {steps}, the FineNets there are")
        super().__init__(name=name, **about)
        self.filters, self.blocks, self.steps, self.shown_steps = filters, blocks, steps, shown_steps
        self.classes, self.boundaries = classes, boundaries
        self.normalization, self.segmentation_filters = normalization, segmentation_filters
        self.segnet = segnet(classes, segmentation_filters) if classes else None
        self.compnet = compnet(filters, normalization)
        self.finenets = [
            finenet(self.condition_channels, filters, blocks, normalization, f"finenet_{i + 1}") for i in range(steps)
        ]
        self.built = True  # the networks have their weights

    # What the transmitter does.

    def scores(self, pictures: Any, training: bool = False) -> Any:
        """The score of each class for each pixel, `[B, H, W, classes]` float32, of pictures whose sides are multiples
        of 8.

        Parameters
        ----------
        pictures : [B, H, W, 3]
            Sides are multiples of 8.
        training : bool
            Whether layers behave as in training.
        """
        return self.segnet(2.0 * ops.cast(pictures, "float32") - 1.0, training=training)

    def labels(self, pictures: Any) -> Any:
        """s: the class of each pixel, `[B, H, W]` uint8, of pictures of any size; None where there are no classes."""
        if self.segnet is None:
            return None
        height, width = pictures.shape[1:3]
        scores = self.scores(pad_to_multiple(pictures, self.stride))
        return ops.cast(ops.argmax(scores, axis=-1)[:, :height, :width], "uint8")

    def small(self, pictures: Any, training: bool = False) -> Any:
        """c in 256 levels from -1 to 1, `[B, H/8, W/8, 3]` float32, of pictures of any size; the gradient goes straight
        through the rounding.

        Parameters
        ----------
        pictures : [B, H, W, 3]
            Any size.
        training : bool
            Whether layers behave as in training.
        """
        padded = 2.0 * ops.cast(pad_to_multiple(pictures, self.stride), "float32") - 1.0
        c = self.compnet(padded, training=training)
        return c + ops.stop_gradient(ops.round((c + 1.0) * 127.5) / 127.5 - 1.0 - c)

    # What the receiver does.

    def paint(self, small: Any, labels: Any, size: tuple[int, int], training: bool = False) -> list[Any]:
        """c', x'_1, x'_2, ..: `[B, H, W, 3]` each, about from 0 to 1.

        Parameters
        ----------
        small : [B, H/8, W/8, 3], float32
            c, from -1 to 1.
        labels : [B, H, W], uint8, or None
        size : (int, int)
            (H, W).
        training : bool
            Whether layers behave as in training.
        """
        x = self._enlarged(small)
        seen = None if labels is None else self._one_hot(labels)
        stages = [x]
        for network in self.finenets if training else self.finenets[: self.shown_steps]:
            x = x + network(x if seen is None else ops.concatenate([x, seen], axis=-1), training=training)
            stages.append(x)
        return [(stage[:, : size[0], : size[1]] + 1.0) / 2.0 for stage in stages]

    def _enlarged(self, small: Any) -> Any:
        """c', from -1 to 1."""
        height, width = (n * self.stride for n in small.shape[1:3])
        return ops.image.resize(small, (height, width), interpolation="bilinear")

    def _one_hot(self, labels: Any) -> Any:
        labels = ops.cast(pad_to_multiple(labels[..., None], self.stride)[..., 0], "int32")
        seen = ops.one_hot(labels, self.classes, dtype="float32")
        if not self.boundaries:
            return seen
        below = ops.concatenate([labels[:, 1:], labels[:, -1:]], axis=1)
        right = ops.concatenate([labels[:, :, 1:], labels[:, :, -1:]], axis=2)
        edge = ops.cast(ops.logical_or(labels != below, labels != right), "float32")
        return ops.concatenate([seen, edge[..., None]], axis=-1)

    @property
    def condition_channels(self) -> int:
        """Channels of `condition`."""
        return 3 + self.classes + (1 if self.boundaries and self.classes else 0)

    def condition(self, pictures: Any) -> Any:
        """What a discriminator holds a picture against: c' from -1 to 1 and the classes, `[B, H, W, channels]`, of
        pictures whose sides are multiples of 8; without a gradient."""
        coarse = self._enlarged(self.small(pictures))
        labels = self.labels(pictures)
        both = coarse if labels is None else ops.concatenate([coarse, self._one_hot(labels)], axis=-1)
        return ops.stop_gradient(both)

    # Both ends.

    def base_part(self, pictures: Any, size: tuple[int, int]) -> Bytes:
        """The base layer of pictures, as a part: answered with what the receiver paints, `[B, H, W, 3]` in [0, 1].

        Parameters
        ----------
        pictures : [B, H, W, 3], float32 in [0, 1]
        size : (int, int)
            (H, W) of the picture, in pixels.
        """
        _check_size(size)

        @cache
        def sent() -> tuple[Any, Any]:
            return self.small(pictures), self.labels(pictures)

        def streams() -> list[bytes]:
            small, labels = (None if x is None else ops.convert_to_numpy(x) for x in sent())
            levels = np.rint((small + 1.0) * 127.5).astype(np.uint8)
            return [stream.write_base(c, None if labels is None else labels[i]) for i, c in enumerate(levels)]

        def intact() -> Any:
            return ops.clip(self.paint(*sent(), size)[-1], 0.0, 1.0)

        return Bytes(streams, lambda arrived: self.painted(arrived, size), intact)

    def painted(self, streams: Sequence[bytes | None], size: tuple[int, int]) -> Any:
        """What a receiver makes of base streams, `[B, H, W, 3]` in [0, 1]: mid-grey of those that did not arrive.

        Raises
        ------
        LinksimError
            If a stream is damaged, or of a picture of another size or of another model.
        """
        _check_size(size)
        cells = tuple(-(-n // self.stride) for n in size)
        shown = []
        for one in streams:
            if one is None:
                shown.append(ops.full((1, *size, 3), _GREY, dtype="float32"))
                continue
            levels, labels = stream.read_base(one, cells, size, self.classes)
            small = ops.convert_to_tensor(levels[None].astype(np.float32) / np.float32(127.5) - np.float32(1))
            labels = None if labels is None else ops.convert_to_tensor(labels[None])
            shown.append(ops.clip(self.paint(small, labels, size)[-1], 0.0, 1.0))
        return ops.concatenate(shown, axis=0)

    def converse(
        self, pictures: Any, snr_db: Any, size: tuple[int, int], training: bool = False, seed: Any = None
    ) -> Dialogue:
        if training:  # every stage learns, and nothing gets lost
            stages = self.paint(self.small(pictures, True), self.labels(pictures), size, training=True)
            for stage in stages[1:] or stages:
                yield Shown(stage)
        else:
            yield Shown((yield self.base_part(pictures, size)))

    def get_config(self) -> dict[str, Any]:
        names = ("filters", "blocks", "steps", "classes", "boundaries", "normalization")
        own = {name: getattr(self, name) for name in (*names, "segmentation_filters", "shown_steps")}
        return {**super().get_config(), **own}


def _check_size(size: tuple[int, int]) -> None:
    if size[0] * size[1] > MAX_PIXELS:
        raise LinksimError(f"a picture of {size[1]}x{size[0]} has more than {MAX_PIXELS} pixels; cut or shrink it")
