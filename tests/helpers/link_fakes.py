"""Small codecs of known behaviour, for tests of links."""

import numpy as np


def rows_encode(pictures: np.ndarray) -> np.ndarray:
    """Pairs of pixel values as symbols, mean power 1 per picture."""
    flat = pictures.reshape(len(pictures), -1)
    flat = flat[:, : flat.shape[1] // 2 * 2] + 0.01
    symbols = flat[:, 0::2] + 1j * flat[:, 1::2]
    return symbols / np.sqrt(np.mean(np.abs(symbols) ** 2, axis=1, keepdims=True))


def rows_decode(symbols: np.ndarray, snr_db: float, size: tuple[int, int]) -> np.ndarray:
    """The received values, scaled into [0, 1]; a last odd one is zero."""
    flat = np.zeros((len(symbols), size[0] * size[1] * 3), np.float32)
    flat[:, 0 : 2 * symbols.shape[1] : 2] = symbols.real / 3
    flat[:, 1 : 2 * symbols.shape[1] : 2] = symbols.imag / 3
    return flat.reshape(len(symbols), *size, 3)


def lively(codec, scale: float = 2.0):
    """A fresh codec whose pictures are far from grey, so that a wrong symbol shows."""
    codec.set_weights([scale * w for w in codec.get_weights()])
    return codec
