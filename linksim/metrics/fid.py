"""FID: the Frechet distance between the Inception features of two sets of pictures.

M. Heusel, H. Ramsauer, T. Unterthiner, B. Nessler, S. Hochreiter, "GANs trained by a two time-scale update rule
converge to a local Nash equilibrium", NeurIPS 2017. As in J. Wang et al., "Perceptual learned source-channel coding for
high-fidelity image semantic transmission", GLOBECOM 2022, pictures are cut into patches of 256x256: 144 on Kodak.

FID is for folders of pictures; it is no metric of sweeps. What would add up over the units of a sweep are the second
moments of 2048 features: 2.1 million numbers for each side, 42 MB in the store for every unit and layer, and
`kodak_awgn` has two thousand units. The value also depends on the number of patches. Published ones are of one draw of
each picture, which is what a folder has.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from linksim.errors import LinksimError
from linksim.metrics.base import AnyMetric
from linksim.metrics.weights import INCEPTION_FILE, missing

VERSION = 1
"""Raised whenever a value changes."""

PATCH = 256
"""Side of the patches."""

FID = AnyMetric(
    "fid", "", version=VERSION, higher_is_better=False, label="FID", missing=lambda: missing(INCEPTION_FILE)
)
"""What tables say of `Fid`, and whether its weights are here. `linksim.metrics.get` does not know it."""

_FOLD = 2048
"""Rows that are folded into a triangle at once: always so many, so that batches do not show."""


class Fid:
    """FID between pictures and their reconstructions, which are added batch by batch.

    The value does not depend on how pictures are batched, to the last bit.

    Parameters
    ----------
    arrays : mapping of arrays, optional
        Weights as for `linksim.metrics.inception.Inception`; by default read from `LINKSIM_DATA` or the cache.

    Raises
    ------
    LinksimError
        If the weights are not there, damaged, or those of another Inception.
    """

    def __init__(self, arrays: Mapping[str, np.ndarray] | None = None):
        from linksim.metrics.inception import Inception

        self._network = Inception(arrays)
        self._distance = FrechetDistance()

    def add(self, reference: np.ndarray, reconstruction: np.ndarray) -> None:
        """Take in some pictures.

        Parameters
        ----------
        reference, reconstruction : uint8 [B, H, W, 3]
            Sides of at least 256; batches may differ in size.

        Raises
        ------
        LinksimError
            If the arrays are anything else, or differ in shape.
        """
        FID.check(reference, reconstruction)
        for one, other in zip(patches(reference), patches(reconstruction), strict=True):
            # A picture at a time: how many are convolved at once may show in the last bit.
            self._distance.add(self._features(one), self._features(other))

    @property
    def num_patches(self) -> int:
        """Patches of each side so far."""
        return self._distance.counts[0]

    def value(self) -> float:
        """FID of all that was added.

        Raises
        ------
        LinksimError
            If there are fewer than two patches.
        """
        return self._distance.value()

    def _features(self, pixels: np.ndarray) -> np.ndarray:
        return self._network(pixels.astype(np.float32) / np.float32(255))


def patches(pictures: np.ndarray) -> np.ndarray:
    """Patches of 256x256 side by side from the top left corner, row by row; what hangs over the edge is left out.

    Parameters
    ----------
    pictures : [B, H, W, 3]

    Returns
    -------
    [B, N, 256, 256, 3]
        N is 6 for 512x768.

    Raises
    ------
    LinksimError
        If a side is below 256.
    """
    batch, height, width, channels = pictures.shape
    rows, columns = height // PATCH, width // PATCH
    if not rows or not columns:
        raise LinksimError(f"fid needs pictures of at least {PATCH}x{PATCH}, not {height}x{width}; use psnr or lpips")
    whole = pictures[:, : rows * PATCH, : columns * PATCH]
    cut = whole.reshape(batch, rows, PATCH, columns, PATCH, channels).swapaxes(2, 3)
    return cut.reshape(batch, rows * columns, PATCH, PATCH, channels)


def fid(reference_features: np.ndarray, features: np.ndarray) -> float:
    """`FrechetDistance` of two whole sets of features, `[N, D]` and `[M, D]`.

    Raises
    ------
    LinksimError
        If a set has fewer than two rows, they differ in D, or a value is not finite.
    """
    distance = FrechetDistance()
    distance.add(reference_features, features)
    return distance.value()


class FrechetDistance:
    """Squared Frechet distance between the normal distributions of two sets of features, added batch by batch.

    `|m1 - m2|**2 + Tr(C1 + C2 - 2 (C1 C2)**(1/2))` with means m and covariances C, which divide by the number of rows
    less one, all in float64. With `C1 = A'A` and `C2 = B'B` the last trace is the sum of the singular values of `A B'`
    (the nuclear norm). No root of a matrix is taken, so singular covariances, of fewer rows than features, are
    nothing special.
    """

    def __init__(self) -> None:
        self._sides = (_Normal(), _Normal())

    @property
    def counts(self) -> tuple[int, int]:
        """Rows so far, of the reference and of the other set."""
        return self._sides[0].count, self._sides[1].count

    def add(self, reference_features: np.ndarray, features: np.ndarray) -> None:
        """Take in rows of both sets, `[N, D]` and `[M, D]`.

        Raises
        ------
        LinksimError
            If the arrays are not of two dimensions, differ from earlier ones in D, or have values that are not finite.
        """
        arrays = [np.asarray(rows, np.float64) for rows in (reference_features, features)]
        widths = {rows.shape[-1] if rows.ndim == 2 else None for rows in arrays} | self._sides[0].widths
        if len(widths) != 1 or None in widths:
            shapes = " and ".join(str(list(rows.shape)) for rows in arrays)
            raise LinksimError(f"features have shapes {shapes}; pass [N, D] and [M, D], D always the same")
        if not all(np.isfinite(rows).all() for rows in arrays):
            raise LinksimError("features are not finite; check the weights of the network")
        for side, rows in zip(self._sides, arrays, strict=True):
            side.add(rows)

    def value(self) -> float:
        """The distance, 0 or more.

        Raises
        ------
        LinksimError
            If a set has fewer than two rows.
        """
        if min(self.counts) < 2:
            raise LinksimError(f"fid needs at least 2 patches on each side, not {min(self.counts)}; add more pictures")
        (mean, factor), (other_mean, other_factor) = (side.moments() for side in self._sides)
        shared = np.linalg.svd(factor @ other_factor.T, compute_uv=False).sum()
        spread = np.sum(factor**2) + np.sum(other_factor**2) - 2 * shared
        return max(0.0, float(np.sum((mean - other_mean) ** 2) + spread))


class _Normal:
    """Mean and covariance of rows, kept as the triangle R of a QR decomposition of `[1, rows]`.

    Its first row is the mean times the root of the count, and the rest, F, has F'F = sum of (row - mean)(row - mean)'.
    It has no more rows than were added, and is more exact than sums of squares.
    """

    def __init__(self) -> None:
        self.count = 0
        self.widths: set[int] = set()
        self._triangle: np.ndarray | None = None
        self._waiting: np.ndarray | None = None

    def add(self, rows: np.ndarray) -> None:
        self.count += len(rows)
        self.widths.add(rows.shape[1])
        waiting = np.concatenate([np.ones((len(rows), 1)), rows], axis=1)
        if self._waiting is not None:
            waiting = np.concatenate([self._waiting, waiting])
        while len(waiting) >= _FOLD:
            self._triangle = self._folded(waiting[:_FOLD])
            waiting = waiting[_FOLD:]
        self._waiting = waiting

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean `[D]`, and a matrix `[up to D, D]` whose product with itself is the covariance."""
        assert self._waiting is not None  # value() wants two rows
        triangle = self._folded(self._waiting)
        return triangle[0, 1:] / triangle[0, 0], triangle[1:, 1:] / math.sqrt(self.count - 1)

    def _folded(self, rows: np.ndarray) -> np.ndarray:
        if self._triangle is not None:
            rows = np.concatenate([self._triangle, rows])
        return np.asarray(np.linalg.qr(rows, mode="r"))
