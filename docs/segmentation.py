"""How well SegNet sees: accuracy per pixel and intersection over union per class, CamVid's test split.

Pixels whose class is unknown do not count. `python docs/segmentation.py [ZOO ENTRY OR RUN]` makes the numbers of
docs/bits.md.
"""

import sys

import numpy as np

from linksim import zoo
from linksim.images.labelled import CAMVID_CLASSES, UNKNOWN, load_labelled


def main(name: str = "rgan/camvid") -> None:
    """Print accuracy and intersections of the SegNet of a base layer."""
    rgan = zoo.load(name)
    count = len(CAMVID_CLASSES)
    confusion = np.zeros((count, count), np.int64)  # true class, seen class
    for one in load_labelled("camvid", "test"):
        seen = np.asarray(rgan.labels(one.picture.pixels[None].astype(np.float32) / 255))[0].astype(np.int64)
        known = one.labels != UNKNOWN
        pairs = one.labels[known].astype(np.int64) * count + seen[known]
        confusion += np.bincount(pairs, minlength=count**2).reshape(count, count)
    right = np.diag(confusion)
    union = confusion.sum(axis=0) + confusion.sum(axis=1) - right
    print(f"accuracy per pixel {right.sum() / confusion.sum():.3f}, mean IoU {np.mean(right / union):.3f}")
    for label, iou in zip(CAMVID_CLASSES, right / union, strict=True):
        print(f"{label:12} {iou:.3f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
