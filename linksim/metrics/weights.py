"""Weights of networks that metrics look through: files in `LINKSIM_DATA` or the cache, never pickles."""

from __future__ import annotations

import zipfile

import numpy as np

from linksim.errors import LinksimError
from linksim.places import find

MAX_PIXELS = 1 << 23
"""Largest picture that a network looks at whole: the widest layer then has 2 GB."""

VGG16_FILE = "weights/vgg16_torchvision.npz"
"""Kernels and biases of torchvision's `vgg16-397923af.pth` by the names of its state dict, `features.0.weight` and so
on, kernels `[out, in, 3, 3]`; docs/weights.md says how to make it. The weights that `keras.applications` has are of
another training, with which neither metric was made."""

LPIPS_FILES = {
    "alex": ("weights/lpips_alex_v0.1.npz",),
    "squeeze": ("weights/lpips_squeeze_v0.1.npz",),
    "vgg": ("weights/lpips_vgg_v0.1.npz", VGG16_FILE),
}
DISTS_FILES = ("weights/dists_alpha_beta.npz", VGG16_FILE)

INCEPTION_FILE = "weights/inception_fid.npz"
"""The state dict of pytorch-fid's `pt_inception-2015-12-05-6726825d.pth` by its names, kernels `[out, in, h, w]`;
docs/weights.md says how to make it."""


def missing(*files: str) -> str | None:
    """What to put where, for the first of some files, such as "weights/lpips_alex_v0.1.npz", that is nowhere; None
    where all are there."""
    for file in files:
        if find(file) is None:
            return f"there is no {file} in the cache; put it there, or set LINKSIM_DATA to a folder with it"
    return None


class Weights(dict[str, np.ndarray]):
    """Arrays by name; one that is asked for and not there is an error in one line."""

    def __missing__(self, name: str) -> np.ndarray:
        raise LinksimError(f"the files of weights have no array {name!r}; make them again")


def read_weights(*files: str) -> dict[str, np.ndarray]:
    """The arrays of such files by name.

    Raises
    ------
    LinksimError
        If a file is nowhere, or damaged.
    """
    found: dict[str, np.ndarray] = {}
    for file in files:
        path = find(file)
        if path is None:
            raise LinksimError(missing(file) or f"there is no {file}")
        try:
            with np.load(path, allow_pickle=False) as archive:
                found |= {name: archive[name] for name in archive.files}
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
            raise LinksimError(f"{path} is damaged ({error}); restore it from a copy") from error
    return found


def check_size(name: str, pixels: np.ndarray, least: int) -> None:
    """See that a network can look at pictures `[B, H, W, 3]`.

    Raises
    ------
    LinksimError
        If a side is below `least`, or a picture has more than `MAX_PIXELS` pixels.
    """
    height, width = pixels.shape[1:3]
    if min(height, width) < least:
        raise LinksimError(f"{name} needs pictures of at least {least}x{least}, not {height}x{width}; use psnr")
    if height * width > MAX_PIXELS:
        raise LinksimError(
            f"{name} looks at pictures of at most {MAX_PIXELS} pixels, not {height}x{width}; cut or shrink them"
        )
