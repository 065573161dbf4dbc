"""DS2C2: what the base layer lacks, in bits of which any may get lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from linksim.codecs.base import Codec
from linksim.codecs.conversation import Dialogue
from linksim.codecs.ds2c2.enhancement import residual_decoder, residual_encoder, sumnet
from linksim.codecs.ds2c2.rgan import Rgan
from linksim.codecs.ds2c2.start import best_bit_code, start_bresnet
from linksim.codecs.layers.binarizer import binarize, from_bits, to_bits
from linksim.codecs.layers.blocks import depth_to_space, space_to_depth
from linksim.codecs.parts import Bits, Shown
from linksim.codecs.symbol_codec import pad_to_multiple
from linksim.errors import LinksimError

FUSIONS = ("sumnet", "sum")

_START_CROPS, _START_SIDE = 384, 128
"""Of training pictures, whose residuals the analytic start knows."""
_BATCH = 32


@keras.saving.register_keras_serializable("linksim")
class Ds2c2(Codec):
    """DS2C2 (Yetis 2025): a base layer of bytes, and an enhancement layer of bits in two signs.

    The base layer is `Rgan`. BResNet codes the residual r = x - x' into `channels` bits for each 8x8 block of pixels,
    `channels / 64` bits per pixel; a bit that is lost enters its decoder as 0, between -1 and +1. SumNet makes the
    picture from x' and r'.

    Parameters
    ----------
    channels : int
        Bits for each 8x8 block.
    residual_filters : int
        Width of BResNet at half of the resolution, doubled at each halving.
    sum_filters : int
        Width of SumNet.
    sum_block : int
        SumNet works on blocks of that many pixels a side, side by side; 1 on the pixels themselves.
    fusion : {"sumnet", "sum"}
        What is shown: SumNet's picture, or x' + r'. Both are trained.
    base : mapping, optional
        Arguments of `Rgan`.

    Raises
    ------
    LinksimError
        If one of them is not possible.
    """

    VERSION = 1
    num_layers = 2
    stride = 8
    start_needs_snr = False

    def __init__(
        self,
        channels: int = 16,
        residual_filters: int = 32,
        sum_filters: int = 32,
        sum_block: int = 2,
        fusion: str = "sumnet",
        base: dict[str, Any] | None = None,
        name: str | None = None,
        **about: Any,
    ):
        if min(channels, residual_filters, sum_filters) < 1 or sum_block not in (1, 2, 4, 8):
            raise LinksimError(
                f"channels {channels}, sum_block {sum_block}: give at least 1, and a block of 1, 2, 4 or 8"
            )
        if fusion not in FUSIONS:
            raise LinksimError(f"fusion {fusion!r} is unknown; take one of {', '.join(FUSIONS)}")
        super().__init__(name=name, **about)
        self.channels, self.residual_filters = channels, residual_filters
        self.sum_filters, self.sum_block, self.fusion = sum_filters, sum_block, fusion
        self.base = dict(base or {})
        # First, so that the weights of an Rgan are those that this codec begins with.
        self.rgan = Rgan(**self.base, name="rgan")
        self.residual_encoder = residual_encoder(channels, residual_filters)
        self.residual_decoder = residual_decoder(channels, residual_filters)
        self.sumnet = sumnet(6 * sum_block**2, sum_filters)
        self.built = True  # the networks have their weights

    def learn_statistics(self, pictures: Sequence[np.ndarray], snr_db: Any = None) -> None:
        """Start BResNet from the best linear code of the residuals that the base layer leaves of pictures, uint8
        `[H, W, 3]` each; of an SNR nothing depends.

        Parameters
        ----------
        pictures : sequence of uint8 [H, W, 3]
            Pictures to learn from.
        snr_db : None
            There is no SNR over bit channels.
        """
        rng = np.random.default_rng(0)
        crops: dict[tuple[int, ...], list[np.ndarray]] = {}
        for _ in range(_START_CROPS):
            picture = pictures[rng.integers(len(pictures))]
            side = [min(_START_SIDE, n // self.stride * self.stride) for n in picture.shape[:2]]
            row, column = (int(rng.integers(n - s + 1)) for n, s in zip(picture.shape, side))
            crop = picture[row : row + side[0], column : column + side[1]]
            crops.setdefault(crop.shape, []).append(crop.astype(np.float32) / np.float32(255))
        residuals = []
        for of_one_size in crops.values():
            for start in range(0, len(of_one_size), _BATCH):
                batch = np.stack(of_one_size[start : start + _BATCH])
                base = self.rgan.base_part(batch, batch.shape[1:3]).intact
                residuals.append(batch - ops.convert_to_numpy(base).astype(np.float32))
        start_bresnet(best_bit_code(residuals, self.channels), self.residual_encoder, self.residual_decoder)

    def encode_residual(self, residual: Any, training: bool = False, seed: Any = None) -> Any:
        """Bits 0. or 1., `[B, h * w * channels]`, of a residual `[B, H, W, 3]` from -1 to 1; h = H/8, w = W/8.

        With a seed they are drawn, as the statistical binarizer does in training.
        """
        latent = self.residual_encoder(pad_to_multiple(residual, self.stride), training=training)
        return to_bits(binarize(latent, seed))

    def decode_residual(self, received: Any, size: tuple[int, int], training: bool = False) -> Any:
        """r', `[B, H, W, 3]`, from bits as received: 0., 1., -1. where erased, or between 0 and 1 where uncertain.

        Parameters
        ----------
        received : [B, bits]
            As it arrived.
        size : (int, int)
            (H, W) of the picture, in pixels.
        training : bool
            Whether layers behave as in training.

        Raises
        ------
        LinksimError
            If they are not the bits of a picture of that size.
        """
        cells = tuple(-(-n // self.stride) for n in size)
        needed = cells[0] * cells[1] * self.channels
        if received.shape[1] != needed:
            raise LinksimError(
                f"{received.shape[1]} bits arrived, a picture of {size[1]}x{size[0]} has {needed}; mark lost bits "
                "with -1, and leave none out"
            )
        latent = from_bits(received, cells, self.channels)
        return self.residual_decoder(latent, training=training)[:, : size[0], : size[1]]

    def fuse(self, base: Any, residual: Any, training: bool = False) -> Any:
        """SumNet's picture, `[B, H, W, 3]`, from x' and r'.

        Parameters
        ----------
        base : [B, H, W, 3]
            x', from 0 to 1.
        residual : [B, H, W, 3]
            r'.
        training : bool
            Whether layers behave as in training.
        """
        size, block = base.shape[1:3], self.sum_block
        both = pad_to_multiple(ops.concatenate([2.0 * base - 1.0, residual], axis=-1), block)
        blocks = space_to_depth(both, block) if block > 1 else both
        lacking = self.sumnet(blocks, training=training)
        lacking = depth_to_space(lacking, block) if block > 1 else lacking
        return base + residual + lacking[:, : size[0], : size[1]]

    def converse(
        self, pictures: Any, snr_db: Any, size: tuple[int, int], training: bool = False, seed: Any = None
    ) -> Dialogue:
        part = self.rgan.base_part(pictures, size)
        base = ops.stop_gradient(ops.convert_to_tensor((yield part)))
        if not training:
            yield Shown(base)

        def bits() -> Any:
            sent = ops.cast(pictures, "float32") - ops.stop_gradient(part.intact)
            return self.encode_residual(sent, training, seed if training else None)

        residual = self.decode_residual((yield Bits(bits)), size, training)
        if training:
            yield Shown(base + residual)
            yield Shown(self.fuse(base, residual, training))
        else:
            picture = base + residual if self.fusion == "sum" else self.fuse(base, residual)
            yield Shown(ops.clip(picture, 0.0, 1.0))

    def get_config(self) -> dict[str, Any]:
        names = ("channels", "residual_filters", "sum_filters", "sum_block", "fusion")
        own = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **own, "base": dict(self.base)}
