"""Values of the metrics on a fixed pair of pictures, pinned to their VERSION."""

import numpy as np
import pytest

from linksim import metrics
from linksim.metrics import bits, error, perceptual, similarity


def pair() -> tuple[np.ndarray, np.ndarray]:
    """A smooth picture and the same with noise, uint8 [1, 176, 192, 3]: large enough for all metrics."""
    i, j, c = np.mgrid[0:176, 0:192, 0:3]
    smooth = 127 + 60 * np.sin(0.11 * i + 0.05 * j * (c + 1)) + 50 * np.sign(np.sin(0.3 * j))
    noise = (i * 7919 + j * 104_729 + c * 1_299_709) % 41 - 20
    return np.rint(smooth).astype(np.uint8)[None], np.clip(np.rint(smooth + noise), 0, 255).astype(np.uint8)[None]


@pytest.mark.parametrize(
    "name, module",
    [
        *(("mse", error), ("psnr", error), ("ssim", similarity), ("ms_ssim", similarity), ("ms_ssim_db", similarity)),
        *((f"bits_{name}", bits) for name in ("ones", "equal_neighbours", "clumping", "entropy")),
    ],
)
def test_golden_values(golden, name, module):
    metric = metrics.get(name)
    where = f"linksim/metrics/{module.__name__.rpartition('.')[2]}.py"
    assert metric.version == module.VERSION
    # A stored value is reused for years: seven digits, not the four of outputs that pass through float32.
    reference, reconstruction = pair()
    if module is bits:  # black and white, and some grey
        reconstruction = np.where(reconstruction > 135, 255, np.where(reconstruction > 120, 128, 0)).astype(np.uint8)
    golden.check(f"metric-{name}", module.VERSION, metric(reference, reconstruction), where, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", ["lpips", "lpips_squeeze"])
def test_golden_values_of_networks(golden, name):
    metric = metrics.get(name)
    if metric.missing():
        pytest.skip(f"{name}: {metric.missing()}")
    assert metric.version == perceptual.VERSION
    where = "linksim/metrics/perceptual.py"
    golden.check(f"metric-{name}", perceptual.VERSION, metric(*pair()), where, rtol=1e-4, atol=1e-7)


def test_a_metric_is_identified_by_name_and_version():
    assert len({metrics.get(name).fingerprint() for name in metrics.names()}) == len(metrics.names())
