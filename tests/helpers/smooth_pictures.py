"""Pictures with the statistics of pictures, small and without a data set."""

import numpy as np


def smooth(count, side=16, seed=0):
    """Smooth pictures of several contrasts."""
    rng = np.random.default_rng(seed)
    i, j, c = np.mgrid[0:side, 0:side, 0:3]
    made = [
        127 + a * np.sin(f * i + g * j + 0.3 * c + p) + rng.normal(0, 4, (side, side, 3))
        for a, f, g, p in zip(
            rng.uniform(10, 100, count), *rng.uniform(0, 0.9, (2, count)), rng.uniform(0, 6, count), strict=True
        )
    ]
    return np.clip(np.round(made), 0, 255).astype(np.uint8)
