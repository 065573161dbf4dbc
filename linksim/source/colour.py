"""RGB to the planes of a BPG file and back, in integers: every machine gives the same pixels.

Values are rounded half up from fixed point with 30 - (output bits) fractional bits. Work goes tile by
tile, so that memory stays bounded by the picture itself, whatever its shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np

# k_r, k_b of the luma weights (ITU-R BT.601, BT.709, BT.2020)
LUMA_WEIGHTS = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722), "bt2020": (0.2627, 0.0593)}

# BPG's filters for chroma that sits between two luma samples. The one for doubling is for odd
# output samples; even ones take its mirror image.
HALVE = (2, -4, -8, 17, 57, 57, 17, -8, -4, 2)  # / 128
DOUBLE = (-1, 4, -10, 57, 18, -6, 2)  # / 64

_PIXELS, _COLUMNS = 1 << 18, 4096  # of a tile, at most


def rgb_to_planes(
    picture: np.ndarray, chroma: str, bit_depth: int, colour_space: Literal["bt601", "ycgco"] = "bt601"
) -> list[np.ndarray]:
    """Full-range planes of a picture.

    Parameters
    ----------
    picture : uint8 [H, W, 3]
    chroma : {"444", "420"}
        For 4:2:0 both chroma planes are halved, odd sizes rounded up.
    bit_depth : int
        8 to 12.
    colour_space : {"bt601", "ycgco"}

    Returns
    -------
    list of 3 arrays
        Y, Cb, Cr or Y, Cg, Co: `uint8`, or `uint16` above 8 bits.
    """
    height, width, _ = picture.shape
    dtype = np.uint8 if bit_depth == 8 else np.uint16
    planes = [np.empty((height, width), dtype) for _ in range(3)]
    for top, bottom, left, right in _tiles(height, width):
        tile = np.s_[top:bottom, left:right]
        for plane, values in zip(planes, _rgb_to_ycc(picture[tile], bit_depth, colour_space), strict=True):
            plane[tile] = values
    if chroma == "420":
        planes[1:] = [_halve(plane, (1 << bit_depth) - 1) for plane in planes[1:]]
    return planes


def planes_to_rgb(
    planes: Sequence[np.ndarray],
    height: int,
    width: int,
    chroma: str,
    bit_depth: int,
    colour_space: str = "bt601",
    limited_range: bool = False,
) -> np.ndarray:
    """The picture that decoded planes show.

    Parameters
    ----------
    planes : sequence of uint8 or uint16 arrays
        One for grey, else three in the order of the file; at least as large as the picture needs,
        what is beyond is cropped.
    height, width : int
        Of the picture.
    chroma : {"grey", "420", "422", "444"}
    bit_depth : int
    colour_space : {"bt601", "rgb", "ycgco", "bt709", "bt2020"}
    limited_range : bool

    Returns
    -------
    uint8 [H, W, 3]
    """
    out = np.empty((height, width, 3), np.uint8)
    chroma_height = (height + 1) // 2 if chroma == "420" else height
    chroma_width = width if chroma == "444" else (width + 1) // 2
    for tile in _tiles(height, width):
        top, bottom, left, right = tile
        shown = np.s_[top:bottom, left:right]
        luma = planes[0][shown].astype(np.int32)
        if chroma == "grey":
            out[shown] = _to_rgb(luma, None, None, bit_depth, "bt601", limited_range)
            continue
        pair = [plane[:chroma_height, :chroma_width] for plane in planes[1:]]
        if chroma == "444":
            cb, cr = (plane[shown].astype(np.int32) for plane in pair)
        else:
            cb, cr = (_double(plane, tile, chroma == "420", bit_depth) for plane in pair)
        out[shown] = _to_rgb(luma, cb, cr, bit_depth, colour_space, limited_range)
    return out


def _tiles(height: int, width: int) -> Iterator[tuple[int, int, int, int]]:
    """Top, bottom, left and right of the tiles of a picture or plane; top and left are even."""
    rows = max(2, _PIXELS // min(width, _COLUMNS) // 2 * 2)
    for top in range(0, height, rows):
        for left in range(0, width, _COLUMNS):
            yield top, min(top + rows, height), left, min(left + _COLUMNS, width)


def _weights(colour_space: str) -> tuple[tuple[float, float, float], ...]:
    """Of R, G and B in luma and the two chroma planes."""
    if colour_space == "ycgco":
        return (0.25, 0.5, 0.25), (-0.25, 0.5, -0.25), (0.5, 0.0, -0.5)
    k_r, k_b = LUMA_WEIGHTS[colour_space]
    k_g = 1 - k_r - k_b
    return (
        (k_r, k_g, k_b),
        (-k_r / (2 * (1 - k_b)), -k_g / (2 * (1 - k_b)), 0.5),
        (0.5, -k_g / (2 * (1 - k_r)), -k_b / (2 * (1 - k_r))),
    )


def _rgb_to_ycc(rgb: np.ndarray, bit_depth: int, colour_space: str) -> list[np.ndarray]:
    shift = 30 - bit_depth
    one = ((1 << bit_depth) - 1) / 255 * (1 << shift)
    half = 1 << shift - 1
    centre = (1 << bit_depth - 1 << shift) + half
    r, g, b = (rgb[..., i].astype(np.int32) for i in range(3))
    planes = []
    for (a_r, a_g, a_b), offset in zip(_weights(colour_space), (half, centre, centre), strict=True):
        c_r, c_b = round(a_r * one), round(a_b * one)
        # The green weight takes the rounding of the other two: white stays white and grey stays grey.
        c_g = round((a_r + a_g + a_b) * one) - c_r - c_b
        values = r * c_r
        values += g * c_g
        values += b * c_b
        values += offset
        values >>= shift
        # Pure blue and red reach half a step above the largest chroma value.
        planes.append(np.clip(values, 0, (1 << bit_depth) - 1, out=values))
    return planes


def _to_rgb(
    y: np.ndarray, cb: np.ndarray | None, cr: np.ndarray | None, bit_depth: int, colour_space: str, limited: bool
) -> np.ndarray:
    shift = 30 - 8
    one = 255 / ((1 << bit_depth) - 1) * (1 << shift)
    # Limited range (BT.601, 3.6): luma takes 219 of 255 steps, chroma 224, luma starts at 16.
    scale_y, scale_c, black = one, one, 0
    if limited:
        scale_y = one * ((1 << bit_depth) - 1) / (219 << bit_depth - 8)
        scale_c = one * ((1 << bit_depth) - 1) / (224 << bit_depth - 8)
        black = 16 << bit_depth - 8
    half = 1 << shift - 1
    out = np.empty((*y.shape, 3), np.uint8)

    def put(channel: int, fixed_point: np.ndarray) -> None:
        out[..., channel] = np.clip(fixed_point >> shift, 0, 255)

    luma = (y - black) * round(scale_y) + half
    if cb is None or cr is None:
        put(0, luma)
        out[..., 1:] = out[..., :1]
        return out
    if colour_space == "rgb":
        put(1, luma)
        put(2, (cb - black) * round(scale_y) + half)
        put(0, (cr - black) * round(scale_y) + half)
        return out
    centre = 1 << bit_depth - 1
    cb, cr = cb - centre, cr - centre
    if colour_space == "ycgco":
        green, orange = cb * round(scale_c), cr * round(scale_c)
        # Three full terms exceed 31 bits; a bit less precision costs nothing at whole steps.
        luma, green, orange = luma >> 1, green >> 1, orange >> 1
        for channel, value in enumerate((luma - green + orange, luma + green, luma - green - orange)):
            out[..., channel] = np.clip(value >> shift - 1, 0, 255)
        return out
    k_r, k_b = LUMA_WEIGHTS[colour_space]
    k_g = 1 - k_r - k_b
    put(0, luma + cr * round(2 * (1 - k_r) * scale_c))
    green = cb * round(2 * k_b * (1 - k_b) / k_g * scale_c)
    green += cr * round(2 * k_r * (1 - k_r) / k_g * scale_c)
    put(1, luma - green)
    put(2, luma + cb * round(2 * (1 - k_b) * scale_c))
    return out


def _halve(plane: np.ndarray, largest: int) -> np.ndarray:
    """Half as many columns, then half as many rows, edges replicated; [ceil(H/2), ceil(W/2)]."""
    height, width = plane.shape
    out = np.empty(((height + 1) // 2, (width + 1) // 2), plane.dtype)
    for top, bottom, left, right in _tiles(*out.shape):
        rows = np.clip(np.arange(2 * top - 4, 2 * bottom + 4), 0, height - 1)
        columns = np.clip(np.arange(2 * left - 4, 2 * right + 4), 0, width - 1)
        tile: np.ndarray = plane[rows[:, None], columns].astype(np.int32)
        across: Any = sum(tap * tile[:, i : i + 2 * (right - left) - 1 : 2] for i, tap in enumerate(HALVE))
        across = (across + 1) >> 1
        down = sum(tap * across[i : i + 2 * (bottom - top) - 1 : 2] for i, tap in enumerate(HALVE))
        out[top:bottom, left:right] = np.clip((down + 4096) >> 13, 0, largest)
    return out


def _double(plane: np.ndarray, tile: tuple[int, int, int, int], vertically: bool, bit_depth: int) -> np.ndarray:
    """A tile (top and left even) at luma resolution; edges replicated; int32."""
    top, bottom, left, right = tile
    columns = np.clip(np.arange(left // 2 - 3, (right + 1) // 2 + 3), 0, plane.shape[1] - 1)
    if vertically:
        rows = np.clip(np.arange(top // 2 - 3, (bottom + 1) // 2 + 3), 0, plane.shape[0] - 1)
        samples = _interleave(plane[rows[:, None], columns].astype(np.int32), 0)[: bottom - top]
        # libbpg keeps 14 bits between the two directions, which 8-bit samples times 64 have as they are.
        samples = (samples + (1 << bit_depth - 8 >> 1)) >> bit_depth - 8
        shift = 20 - bit_depth
    else:
        samples = plane[top:bottom][:, columns].astype(np.int32)
        shift = 6
    samples = _interleave(samples, 1)[:, : right - left]
    return np.clip((samples + (1 << shift - 1)) >> shift, 0, (1 << bit_depth) - 1)


def _interleave(samples: np.ndarray, axis: int) -> np.ndarray:
    """Double `samples` along `axis`, unrounded (times 64); three samples at each end are margin."""
    samples = np.moveaxis(samples, axis, 0)
    count = len(samples) - 6
    out = np.empty((2 * count, *samples.shape[1:]), np.int32)
    out[0::2] = sum(tap * samples[i : i + count] for i, tap in enumerate(reversed(DOUBLE)))
    out[1::2] = sum(tap * samples[i : i + count] for i, tap in enumerate(DOUBLE))
    return np.moveaxis(out, 0, axis)
