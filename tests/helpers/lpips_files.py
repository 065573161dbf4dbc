"""Made weights of LPIPS on AlexNet: the network's shapes, and no sense."""

from pathlib import Path

import numpy as np


def write_alex(data: Path) -> None:
    """Write `weights/lpips_alex_v0.1.npz` into a folder for `LINKSIM_DATA`."""
    rng = np.random.default_rng(0)
    arrays = {"shift": np.array([-0.03, -0.088, -0.188]), "scale": np.array([0.458, 0.448, 0.45])}
    shapes = [(11, 11, 3, 64), (5, 5, 64, 192), (3, 3, 192, 384), (3, 3, 384, 256), (3, 3, 256, 256)]
    for number, shape in enumerate(shapes):
        arrays[f"conv{number + 1}_kernel"] = rng.standard_normal(shape) / np.sqrt(np.prod(shape[:3]))
        arrays[f"conv{number + 1}_bias"] = 0.1 * rng.standard_normal(shape[3])
        arrays[f"lin{number}"] = rng.random(shape[3]) / shape[3]
    (data / "weights").mkdir(parents=True, exist_ok=True)
    np.savez(data / "weights/lpips_alex_v0.1.npz", **{k: v.astype(np.float32) for k, v in arrays.items()})
