"""What learned compression says to a receiver: a stream of bytes, or latents in bits of one length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from linksim.codecs.conversation import Dialogue
from linksim.codecs.lic import fixed_length
from linksim.codecs.lic.estimate import whole
from linksim.codecs.lic.size import check_size
from linksim.codecs.parts import Bits, Bytes, Shown
from linksim.errors import LinksimError

_GREY = 0.5


def talk(codec: Any, pictures: Any, size: tuple[int, int]) -> Dialogue:
    """The conversation of a `LicGmm` about pictures `[B, H, W, 3]`, float32 in [0, 1], of (H, W) pixels.

    Raises
    ------
    LinksimError
        If the pictures are too large, or what is received is the stream of a picture of another size.
    """
    check_size(size)
    if codec.fixed_bits:
        yield Shown((yield Bits(lambda: _bits(codec, pictures), lambda arrived: _of_bits(codec, arrived, size))))
        return

    def streams() -> list[bytes]:
        return [codec.compress(np.round(ops.convert_to_numpy(p) * 255).astype(np.uint8)) for p in pictures]

    def intact() -> Any:
        return ops.clip(codec.shown(whole(codec.latents(pictures)[0]), size), 0.0, 1.0)

    yield Shown((yield Bytes(streams, lambda arrived: received(codec, arrived, size), intact)))


def _bits(codec: Any, pictures: Any) -> Any:
    return fixed_length.to_bits(codec.latents(pictures)[0], codec.fixed_bits)


def _of_bits(codec: Any, arrived: Any, size: tuple[int, int]) -> Any:
    y = fixed_length.from_bits(arrived, (*codec.places(size), codec.latent_channels), codec.fixed_bits)
    return ops.clip(codec.shown(y, size), 0.0, 1.0)


def received(codec: Any, streams: Sequence[bytes | None], size: tuple[int, int]) -> Any:
    """What streams show, `[B, H, W, 3]`; grey where there is none."""
    shown = []
    for stream in streams:
        if stream is None:
            shown.append(np.full((*size, 3), _GREY, np.float32))
            continue
        if codec.size_of(stream) != tuple(size):
            raise LinksimError(f"the stream is of another size than {size[0]}x{size[1]}; send it again")
        shown.append(codec.decompress(stream).astype(np.float32) / np.float32(255))
    return ops.convert_to_tensor(np.stack(shown))
