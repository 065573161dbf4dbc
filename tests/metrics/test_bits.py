"""Statistics of bits drawn as squares of 8x8 pixels."""

import numpy as np
import pytest

from linksim import metrics


def drawn(bits: np.ndarray) -> np.ndarray:
    """Bits `[h, w]`, 2 for grey, as one picture."""
    levels = np.array([0, 255, 128], np.uint8)[bits]
    return np.repeat(levels.repeat(8, 0).repeat(8, 1)[None, ..., None], 3, -1)


def measured(name: str, bits: np.ndarray) -> float:
    picture = drawn(bits)
    return float(metrics.get(name)(np.zeros_like(picture), picture)[0])


NOISE = np.random.default_rng(0).random((200, 300))


@pytest.mark.parametrize("share", [0.5, 0.2])
def test_of_independent_bits(share):
    bits = (NOISE < share).astype(int)
    assert measured("bits_ones", bits) == pytest.approx(share, abs=0.01)
    assert measured("bits_equal_neighbours", bits) == pytest.approx(share**2 + (1 - share) ** 2, abs=0.01)
    assert measured("bits_clumping", bits) == pytest.approx(1, abs=0.05)
    entropy = -share * np.log2(share) - (1 - share) * np.log2(1 - share)
    assert measured("bits_entropy", bits) == pytest.approx(entropy, abs=0.005)


def test_of_a_picture_in_large_patches():
    bits = (NOISE[::20, ::20] < 0.5).astype(int).repeat(20, 0).repeat(20, 1)
    assert measured("bits_equal_neighbours", bits) > 0.95
    assert measured("bits_clumping", bits) == pytest.approx(16, abs=0.5)
    assert measured("bits_entropy", bits) < 0.35


def test_a_checkerboard_is_told_by_its_neighbours():
    bits = np.indices((40, 40)).sum(0) % 2
    found = {name: measured(f"bits_{name}", bits) for name in ("ones", "equal_neighbours", "clumping", "entropy")}
    assert found == {"ones": 0.5, "equal_neighbours": 0, "clumping": 0, "entropy": 0}


def test_erased_bits_do_not_count():
    bits = (NOISE < 0.3).astype(int)
    some = np.where(np.random.default_rng(1).random(bits.shape) < 0.2, 2, bits)
    for name in ("bits_ones", "bits_equal_neighbours", "bits_entropy"):
        assert measured(name, some) == pytest.approx(measured(name, bits), rel=0.05)
    assert measured("bits_ones", np.full((8, 8), 2)) == 0
