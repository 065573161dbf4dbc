"""Whether two means of one link over the same pictures and draws are the same number, but for arithmetic.

Networks compute in float32, with 24 bits. Another version of a library, or another kind of machine, adds in another
order and moves what is decoded by some 1e-6 of its range. A value beside a half is then rounded to the other grey
level. On pictures as large as Kodak's, at 28 to 38 dB, this moves the PSNR by 1e-5 to 1e-4 dB; on pictures of 32x32 by
some 5e-4 dB, of which the mean over a hundred of them has a tenth.
"""

from __future__ import annotations

from linksim import metrics
from linksim.montecarlo.table import PSNR_OF_MEAN_MSE

ALIKE_DB = 1.5e-4
"""1e-4 dB, which is also a step of the sixth digit that tables have of a PSNR; and half a step for their rounding."""

ALIKE_SHARE = 2.5e-5
"""Of all other metrics, as a share of the value: an MSE that is larger by this share has 1.1e-4 dB less PSNR."""


def alike(metric: str, a: float, b: float) -> bool:
    """Whether two means of a metric differ by no more than arithmetic does.

    Parameters
    ----------
    metric : str
    a, b : float
        From units, or with the six digits of a table.
    """
    if a == b:
        return True
    in_db = metric == PSNR_OF_MEAN_MSE or (metric in metrics.names() and metrics.get(metric).unit == "dB")
    return abs(b - a) <= (ALIKE_DB if in_db else ALIKE_SHARE * max(abs(a), abs(b)))
