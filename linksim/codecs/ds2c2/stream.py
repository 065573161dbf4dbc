"""The bytes of the base layer: a small picture and a label map, both coded without loss."""

from __future__ import annotations

import numpy as np

from linksim.errors import LinksimError

VERSION = 1
"""Raised whenever the same picture and labels become other bytes."""

_LENGTH_BYTES = 4


def write_base(small: np.ndarray, labels: np.ndarray | None) -> bytes:
    """Code the small picture, and the label map where there is one.

    JPEG XL in its lossless mode (ISO/IEC 18181-1): of the well-kept codecs the one that needs the fewest bytes for
    both, measured in docs/bits.md.

    Parameters
    ----------
    small : uint8 [h, w, 3]
    labels : uint8 [H, W] or None

    Returns
    -------
    bytes
        The length of the small picture's stream, 4 bytes, big-endian; its stream; the stream of the labels.
    """
    first = _encode(small)
    return len(first).to_bytes(_LENGTH_BYTES, "big") + first + (b"" if labels is None else _encode(labels))


def read_base(
    stream: bytes, small_size: tuple[int, int], size: tuple[int, int], classes: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """The inverse of `write_base`.

    Parameters
    ----------
    stream : bytes
    small_size : (int, int)
        (h, w) of the small picture.
    size : (int, int)
        (H, W) of the label map.
    classes : int
        Labels are below it; 0 where there is no map.

    Raises
    ------
    LinksimError
        If the stream is not one of these sizes and classes: cut short, longer, damaged, or of another model.
    """
    length = int.from_bytes(stream[:_LENGTH_BYTES], "big")
    first, rest = stream[_LENGTH_BYTES : _LENGTH_BYTES + length], stream[_LENGTH_BYTES + length :]
    if len(stream) < _LENGTH_BYTES or len(first) < length:
        raise LinksimError(f"the base stream ends after {len(stream)} bytes, in its small picture; send it whole")
    small = _decode(first, "small picture", (*small_size, 3))
    if not classes:
        if rest:
            raise LinksimError(f"the base stream has {len(rest)} bytes too many; cut it where it was written")
        return small, None
    labels = _decode(rest, "label map", size)
    check_labels(labels, size, classes)
    return small, labels


def check_labels(labels: np.ndarray, size: tuple[int, int], classes: int) -> None:
    """See that a label map belongs to a picture and a model.

    Raises
    ------
    LinksimError
        If it is not uint8 [H, W], or a label is `classes` or more.
    """
    if not isinstance(labels, np.ndarray) or labels.dtype != np.uint8 or labels.shape != tuple(size):
        got = f"{labels.dtype} {list(labels.shape)}" if isinstance(labels, np.ndarray) else type(labels).__name__
        raise LinksimError(f"the label map is {got}, the picture {list(size)}; give uint8 labels of the picture's size")
    if labels.size and labels.max() >= classes:
        raise LinksimError(f"the label map has class {labels.max()}; this model knows the classes 0 to {classes - 1}")


def _encode(values: np.ndarray) -> bytes:
    import imagecodecs

    return bytes(imagecodecs.jpegxl_encode(np.ascontiguousarray(values), lossless=True, effort=9, usecontainer=False))


def _decode(stream: bytes, what: str, shape: tuple[int, ...]) -> np.ndarray:
    import imagecodecs

    try:
        values = imagecodecs.jpegxl_decode(stream) if stream else None
    except Exception as error:  # what a decoder raises on damaged bytes is not documented
        raise LinksimError(f"the base stream is damaged in its {what} ({error}); send it again") from error
    if values is None or values.dtype != np.uint8 or values.shape != tuple(shape):
        got = "nothing" if values is None else f"{values.dtype} {list(values.shape)}"
        raise LinksimError(
            f"the base stream holds {got} as its {what}, not uint8 {list(shape)}; was it another model's?"
        )
    return values
