"""Pictures, and a cache of its own for every test."""

import numpy as np
import pytest
import skimage.data


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache folder."""
    monkeypatch.setenv("LINKSIM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "rd"


@pytest.fixture(scope="session")
def photo():
    """A photograph, uint8 [192, 256, 3]."""
    return np.ascontiguousarray(skimage.data.astronaut()[40:232, 100:356])


@pytest.fixture(scope="session")
def crop(photo):
    """A picture of any size from the photograph: (H, W) -> uint8 [H, W, 3]."""

    def cut(height, width):
        rows, columns = np.arange(height) % photo.shape[0], np.arange(width) % photo.shape[1]
        return np.ascontiguousarray(photo[rows][:, columns])

    return cut


@pytest.fixture(scope="session")
def psnr():
    """PSNR in dB of two uint8 pictures."""

    def measure(a, b):
        error = np.mean((a.astype(np.float64) - b) ** 2)
        return 10 * np.log10(255**2 / error) if error else np.inf

    return measure
