"""Bytes a pixel that learned codecs take at the peak, which `linksim.montecarlo.memory` warns by.

`python docs/memory.py` sends one picture of noise of 6 and of 24 megapixels through each codec of the zoo's for
photographs that stands below; `python docs/memory.py NAME ..` through others. Each in a process of its own, whose
peak is that of a picture of 64x64 pixels before.
"""

import multiprocessing
import resource
import sys

import numpy as np

NAMES = ("deepjscc/photos-1_16-snr10", "deepjscc-resnet/photos-1_16", "multiple-decoders/photos-awgn-5x1_48-snr13")
SIZES = ((2000, 3000), (4000, 6000))


def peak_bytes() -> int:
    """Most memory that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def bytes_a_pixel(name: str, height: int, width: int) -> float:
    """Of one transmission over AWGN, encoding and decoding."""
    from linksim import AnalogLink, images, zoo
    from linksim.phy import Awgn

    link = AnalogLink(zoo.load(name), Awgn())
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)

    def send(some: np.ndarray) -> None:
        for layer in link.transmit([images.Picture("noise", np.ascontiguousarray(some))], 10.0, range(1)).layers:
            for outcomes in layer:
                outcomes.load_pixels()

    send(pixels[:64, :64])
    before = peak_bytes()
    send(pixels)
    return (peak_bytes() - before) / (height * width)


if __name__ == "__main__":
    print(f"{'codec':<50} {'pixels':>12} {'bytes a pixel':>14}")
    context = multiprocessing.get_context("spawn")
    for name in sys.argv[1:] or NAMES:
        for height, width in SIZES:
            with context.Pool(1) as pool:  # a peak never falls, so each has a process of its own
                found = pool.apply(bytes_a_pixel, (name, height, width))
            print(f"{name:<50} {f'{height}x{width}':>12} {found:>14.0f}", flush=True)
