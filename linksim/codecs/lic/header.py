"""What a stream begins with: whose weights made it, of which quality it is, and how large the picture."""

from __future__ import annotations

from linksim.codecs.lic.size import SIDE_BYTES, check_size
from linksim.errors import LinksimError

ID_BYTES = 2
"""That name the weights."""

BYTES = ID_BYTES + 1 + 2 * SIDE_BYTES
"""Of a header."""


def write_header(model: bytes, quality: int, size: tuple[int, int]) -> bytes:
    """A header.

    Parameters
    ----------
    model : bytes
        `ID_BYTES` of them.
    quality : int
        0 to 255.
    size : (int, int)
        (H, W).
    """
    return model + bytes([quality]) + b"".join((n - 1).to_bytes(SIDE_BYTES, "big") for n in size)


def read_header(stream: bytes, model: bytes, num_qualities: int) -> tuple[int, tuple[int, int]]:
    """Quality and size of a stream of this model.

    Raises
    ------
    LinksimError
        If it is too short, of other weights or an unknown quality, or of a picture that is too large.
    """
    if len(stream) < BYTES:
        raise LinksimError(f"the stream has {len(stream)} bytes, less than a header; send it whole")
    if stream[:ID_BYTES] != model:
        raise LinksimError("the stream is damaged or of another model; decode it with the weights it was made with")
    quality = stream[ID_BYTES]
    if quality >= num_qualities:
        raise LinksimError(
            f"the stream says quality {quality}, and this model has 0 to {num_qualities - 1}; it is damaged, "
            "send it again"
        )
    sides = stream[ID_BYTES + 1 : BYTES]
    height, width = (1 + int.from_bytes(side, "big") for side in (sides[:SIDE_BYTES], sides[SIDE_BYTES:]))
    check_size((height, width))
    return quality, (height, width)
