"""Where pictures come from: data sets, folders, the built-in samples."""

from linksim.images.cifar import cifar10_arrays
from linksim.images.files import read_picture
from linksim.images.labelled import LabelledPicture, load_labelled
from linksim.images.picture import Picture, PictureSet
from linksim.images.sets import load, names, training_photos

__all__ = [
    "LabelledPicture",
    "Picture",
    "PictureSet",
    "cifar10_arrays",
    "load",
    "load_labelled",
    "names",
    "read_picture",
    "training_photos",
]
