"""Many small pictures in one file: the common and generous way to draw a baseline on small pictures."""

from __future__ import annotations

import math
import zlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from linksim.errors import LinksimError
from linksim.identity import digest_bytes, fingerprint
from linksim.pixels import check_pixels, mean_squared_error, pixel_digest
from linksim.source import rd
from linksim.source.base import MAX_PIXELS, SourceCodec
from linksim.source.curves import VERSION as CURVES_VERSION
from linksim.source.curves import RateDistortion, RdCurves, as_curves
from linksim.source.points import RdPoint, RdPoints

VERSION = 1
"""Raised whenever the shares or reconstructions of the same set change."""

_MAGIC = b"linksim-tiles 1\n"
_FILL = 128
_MAX_DECODED = 8


@dataclass(frozen=True, eq=False)
class TilePoints(RdPoints):
    """All qualities of one picture of a mosaic; `num_bytes` are shares, not whole numbers.

    Parameters
    ----------
    mosaic_mse : float array [N]
        Mean squared error over all pictures of the mosaic.
    """

    mosaic_mse: np.ndarray

    def best_within(self, max_bytes: float) -> RdPoint | None:
        """The quality at which the whole mosaic is best and the share fits: one for all its pictures."""
        best = RdPoints(np.arange(len(self)), self.num_bytes, self.mosaic_mse).best_within(max_bytes)
        return None if best is None else self[best.quality]


class Tiled(RateDistortion):
    """Curves of equally large pictures that are coded as mosaics, as papers draw it.

    The set is laid out in its order, `side * side` pictures to a mosaic, row by row. At every quality
    the reconstruction of a picture is its crop of the decoded mosaic. Its length is a share, not a whole
    number: the bytes of the mosaic without the header of its container, divided by the number of pictures
    in it. Where the share does not fit, all pictures of the mosaic are in outage.

    No real link could do this, and the curve is generous: no picture has a stream of its own; the header
    is free; the adaptive entropy coder learns from neighbouring pictures; and as one quality serves the
    whole mosaic, detailed pictures use bytes that plain ones save, although every picture has its own
    channel uses. To see what a real picture costs, use `source` by itself.

    A picture is found by its pixels: results depend on the set given here, never on which pictures are
    then sent together. A picture that comes twice in the set is always seen where it comes first.

    Parameters
    ----------
    source : SourceCodec or RdCurves
        What codes the mosaics.
    pictures : sequence of uint8 [H, W, 3], all of one size
        The set. Pictures outside of it are refused. Its last mosaic is as large as its pictures need;
        places that stay empty are mid-grey.
    side : int
        Pictures along each side of a mosaic: 8 makes 256x256 pixels of pictures of 32x32. With 1 every
        picture is coded by itself, header free.

    Raises
    ------
    LinksimError
        If there is no picture, sizes differ, or a mosaic would be larger than 2**26 pixels.

    Examples
    --------
    >>> tiled = Tiled(Bpg(), [picture.pixels for picture in images.load("cifar10", 2000)])
    >>> link = CapacityLink(tiled, Awgn(), cbr=1 / 12)
    """

    has_streams = False

    def __init__(self, source: SourceCodec | RdCurves, pictures: Sequence[np.ndarray], side: int = 8):
        if not isinstance(side, int) or side < 1:
            raise LinksimError(f"side={side!r}; use a whole number of pictures, such as 8")
        pixels = [check_pixels(picture) for picture in pictures]
        if not pixels or any(picture.shape != pixels[0].shape for picture in pixels):
            raise LinksimError("a mosaic is made of pictures of one size; give at least one, and none of another size")
        curves = as_curves(source)
        if not isinstance(curves, RdCurves):
            raise LinksimError(f"{source.name} has no streams to put mosaics in; use the codec that it wraps")
        height, width, _ = pixels[0].shape
        if height * width * min(side**2, len(pixels)) > MAX_PIXELS:
            raise LinksimError(f"side={side} makes mosaics of more than {MAX_PIXELS} pixels; use a smaller side")
        self.source, self.side = curves, side
        self.name = f"{source.name} tiled {side}x{side}" if side > 1 else f"{source.name} header free"
        self.qualities = source.qualities
        self._pixels = np.stack(pixels)
        digests = [pixel_digest(picture) for picture in pixels]
        self._index = {name: index for index, name in reversed(list(enumerate(digests)))}
        self._fingerprint = fingerprint(
            "tiled", VERSION, curves=CURVES_VERSION, codec=curves.codec, side=side, pictures=digests
        )
        self._tables: dict[int, np.ndarray] = {}
        self._decoded: OrderedDict[tuple[int, int], np.ndarray] = OrderedDict()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_tables": {}, "_decoded": OrderedDict()}

    def fingerprint(self) -> str:
        """Hex digest of the codec, the set and the layout."""
        return self._fingerprint

    def of(self, codec: SourceCodec) -> Tiled:
        """The same mosaics by another codec."""
        return Tiled(codec, list(self._pixels), self.side)

    def points(self, pixels: np.ndarray) -> TilePoints:
        """Every quality of a picture of the set, `uint8 [H, W, 3]`."""
        mosaic, tile = self._find(pixels)
        table = self._table(mosaic)
        errors = table[:, 1:]
        shares = table[:, 0] / errors.shape[1]
        return TilePoints(np.array(self.qualities), shares, errors[:, tile].copy(), errors.mean(axis=1))

    def reconstruction(self, pixels: np.ndarray, quality: int) -> np.ndarray:
        """The crop of the decoded mosaic that shows a picture, both `uint8 [H, W, 3]`."""
        mosaic, tile = self._find(pixels)
        if (mosaic, quality) not in self._decoded:
            decoded = self.source.reconstruction(self._mosaic(mosaic), quality)
            self._decoded[mosaic, quality] = self._cut(mosaic, decoded)
            if len(self._decoded) > _MAX_DECODED:
                self._decoded.popitem(last=False)
        return self._decoded[mosaic, quality][tile].copy()

    def cache_file(self, pixels: np.ndarray) -> Path:
        """The file of its mosaic, which all pictures of the mosaic share."""
        return self._file(self._find(pixels)[0])

    def is_cached(self, pixels: np.ndarray) -> bool:
        """Whether the points of its mosaic are on disk."""
        return self._read(self._find(pixels)[0]) is not None

    def _find(self, pixels: np.ndarray) -> tuple[int, int]:
        """Which mosaic a picture is in, and which of its pictures it is."""
        index = self._index.get(pixel_digest(check_pixels(pixels)))
        if index is None:
            height, width, _ = pixels.shape
            raise LinksimError(
                f"a {height}x{width} picture is not in the set of {len(self._pixels)} that {self.name} was made from; "
                "make it from all pictures that are sent"
            )
        return divmod(index, self.side**2)

    def _tiles(self, mosaic: int) -> np.ndarray:
        """The pictures of a mosaic: uint8 [tiles, H, W, 3]."""
        return self._pixels[mosaic * self.side**2 : (mosaic + 1) * self.side**2]

    def _mosaic(self, mosaic: int) -> np.ndarray:
        """The mosaic as one picture, as many rows and columns as it needs."""
        tiles = self._tiles(mosaic)
        count, height, width, _ = tiles.shape
        columns = min(self.side, count)
        rows = math.ceil(count / columns)
        grid = np.full((rows * columns, height, width, 3), _FILL, np.uint8)
        grid[:count] = tiles
        grid = grid.reshape(rows, columns, height, width, 3).swapaxes(1, 2)
        return np.ascontiguousarray(grid.reshape(rows * height, columns * width, 3))

    def _cut(self, mosaic: int, picture: np.ndarray) -> np.ndarray:
        """The pictures of a decoded mosaic, as `_tiles` has them."""
        count, height, width, _ = self._tiles(mosaic).shape
        rows, columns = picture.shape[0] // height, picture.shape[1] // width
        grid = picture.reshape(rows, height, columns, width, 3).swapaxes(1, 2)
        return grid.reshape(rows * columns, height, width, 3)[:count]

    def _table(self, mosaic: int) -> np.ndarray:
        """float64 [qualities, 1 + tiles]: bytes of the mosaic without header, MSE of every picture."""
        if mosaic not in self._tables:
            table = self._read(mosaic)
            self._tables[mosaic] = self._compute(mosaic) if table is None else table
        return self._tables[mosaic]

    def _compute(self, mosaic: int) -> np.ndarray:
        picture, tiles = self._mosaic(mosaic), self._tiles(mosaic)
        self.source.points(picture)  # the streams are then on disk
        table = np.zeros((len(self.qualities), 1 + len(tiles)), "<f8")
        for row, quality in zip(table, self.qualities, strict=True):
            data = self.source.stream(picture, quality)
            decoded = self._cut(mosaic, self.source.decode(data))
            row[0] = len(data) - self.source.codec.header_bytes(data)
            row[1:] = [mean_squared_error(tile, shown) for tile, shown in zip(tiles, decoded, strict=True)]
        body = table.tobytes()
        rd.keep(self._file(mosaic), [_MAGIC, zlib.crc32(body).to_bytes(4, "big"), body])
        return table

    def _read(self, mosaic: int) -> np.ndarray | None:
        """The table on disk, or None where there is none or it does not check."""
        try:
            data = self._file(mosaic).read_bytes()
        except OSError:
            return None
        body = data[len(_MAGIC) + 4 :]
        shape = len(self.qualities), 1 + len(self._tiles(mosaic))
        if data[: -len(body)] != _MAGIC + zlib.crc32(body).to_bytes(4, "big") or len(body) != 8 * math.prod(shape):
            return None
        return np.frombuffer(body, "<f8").reshape(shape)

    def _file(self, mosaic: int) -> Path:
        """Named by the mosaic and not by the set, so that a longer set finds what it shares with a shorter one."""
        count, height, width, _ = self._tiles(mosaic).shape
        how = digest_bytes([f"{VERSION} {self.source.codec.fingerprint()} {height}x{width} {count}".encode()])
        return rd.folder() / f"tiled-{how[:16]}" / f"{pixel_digest(self._mosaic(mosaic))}.rd"
