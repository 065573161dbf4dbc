"""Convolutional networks in NumPy and float64, pixel by pixel as PyTorch defines them, and made weights of VGG16."""

from pathlib import Path

import numpy as np

VGG16 = ((0, 3, 64), (2, 64, 64), (5, 64, 128), (7, 128, 128), (10, 128, 256), (12, 256, 256), (14, 256, 256),
         (17, 256, 512), (19, 512, 512), (21, 512, 512), (24, 512, 512), (26, 512, 512), (28, 512, 512))  # fmt: skip
"""Place in torchvision's `features`, channels in and out."""

VGG16_STAGE_ENDS = (2, 7, 14, 21, 28)


def conv(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray, stride: int = 1, pad: int = 0) -> np.ndarray:
    """Of a picture `[H, W, in]` with a kernel `[h, w, in, out]`, and ReLU."""
    x, kernel = np.pad(x, [(pad, pad), (pad, pad), (0, 0)]), np.ascontiguousarray(kernel, np.float64)
    rows, columns = ((n - k) // stride + 1 for n, k in zip(x.shape, kernel.shape[:2]))
    found = np.zeros((rows, columns, kernel.shape[3])) + bias
    for i, j in np.ndindex(kernel.shape[:2]):
        seen = x[i : i + stride * rows : stride, j : j + stride * columns : stride][:rows, :columns]
        found += seen @ kernel[i, j]
    return np.maximum(found, 0)


def pooled(x: np.ndarray, side: int, ceil: bool = False) -> np.ndarray:
    """The largest of every window of `side`, every second; with `ceil`, also of windows that hang over the edge."""
    rows, columns = (-(-(n - side) // 2) + 1 if ceil else (n - side) // 2 + 1 for n in x.shape[:2])
    found = np.empty((rows, columns, x.shape[2]))
    for i, j in np.ndindex(rows, columns):
        found[i, j] = x[2 * i : 2 * i + side, 2 * j : 2 * j + side].max(axis=(0, 1))
    return found


def made_vgg16(seed: int = 0) -> dict[str, np.ndarray]:
    """Weights of VGG16's shapes, by torchvision's names, that keep the size of what passes through."""
    rng, found = np.random.default_rng(seed), {}
    for place, inputs, outputs in VGG16:
        scale = np.float32(np.sqrt(2 / (9 * inputs)))
        found[f"features.{place}.weight"] = rng.standard_normal((outputs, inputs, 3, 3), np.float32) * scale
        found[f"features.{place}.bias"] = 0.1 * rng.standard_normal(outputs, np.float32)
    return found


def write_vgg16(data: Path) -> dict[str, np.ndarray]:
    """Write made weights into a folder for `LINKSIM_DATA`."""
    (data / "weights").mkdir(parents=True, exist_ok=True)
    arrays = made_vgg16()
    np.savez(data / "weights/vgg16_torchvision.npz", **arrays)
    return arrays


def vgg16(x: np.ndarray, arrays: dict[str, np.ndarray], between) -> list[np.ndarray]:
    """What its five stages make of `[H, W, 3]`; `between` halves what goes from one to the next."""
    found: list[np.ndarray] = []
    for place, _, _ in VGG16:
        if place - 3 in VGG16_STAGE_ENDS:
            x = between(x)
        kernel = arrays[f"features.{place}.weight"].transpose(2, 3, 1, 0)
        x = conv(x, kernel, arrays[f"features.{place}.bias"], pad=1)
        if place in VGG16_STAGE_ENDS:
            found.append(x)
    return found
