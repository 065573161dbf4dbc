"""Rate-distortion points: how long the streams of a picture are and how well it comes back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from linksim.pixels import psnr_of_mse


@dataclass(frozen=True)
class RdPoint:
    """One quality of one picture: length of the stream and error of what it decodes to.

    Parameters
    ----------
    quality : int
        The codec's own number for it.
    num_bytes : int
        A float where it is a share of a longer stream (`linksim.source.Tiled`).
    mse : float
        Mean squared error over all RGB samples, 0 to 65025.
    """

    quality: int
    num_bytes: float
    mse: float

    @property
    def psnr(self) -> float:
        """In dB against 255; 100 dB (`linksim.pixels.PSNR_CAP_DB`) where the picture comes back exactly."""
        return psnr_of_mse(self.mse)


@dataclass(frozen=True, eq=False)
class RdPoints:
    """All qualities of one picture, in the order of the codec's ladder.

    Parameters
    ----------
    quality : int array [N]
    num_bytes : int or float array [N]
    mse : float array [N]
    """

    quality: np.ndarray
    num_bytes: np.ndarray
    mse: np.ndarray

    def __len__(self) -> int:
        return len(self.quality)

    def __getitem__(self, index: int) -> RdPoint:
        return RdPoint(int(self.quality[index]), self.num_bytes[index].item(), float(self.mse[index]))

    @property
    def psnr(self) -> np.ndarray:
        """float array [N], in dB; at most 100."""
        return psnr_of_mse(self.mse)

    def best_within(self, max_bytes: float) -> RdPoint | None:
        """The point of least error that fits, the shortest among equals; None where nothing fits.

        All points are looked at: on small pictures more bytes are not always better.

        Parameters
        ----------
        max_bytes : float
            The budget.
        """
        fitting = np.flatnonzero(self.num_bytes <= max_bytes)
        if not len(fitting):
            return None
        best = np.lexsort((self.num_bytes[fitting], self.mse[fitting]))[0]
        return self[int(fitting[best])]
