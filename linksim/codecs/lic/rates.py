"""More rates than the model had that a learned codec starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from keras import ops

if TYPE_CHECKING:
    from linksim.codecs.lic.codec import LicGmm


def go_on(codec: LicGmm, taken: Mapping[str, Sequence[int]]) -> None:
    """Begin the rates that a model with fewer, but at least two, did not have; see `Codec.fill_in` for `taken`.

    Gains go on in the steps of the last two rates, and the mixtures begin as at the last one where the networks are of
    one width (inputs for the rates stand behind all others).
    """
    if codec.gains is None or codec.hyper_gains is None:
        return
    known, *_ = taken.get(codec.gains.gains.path, (codec.rates,))
    if not 2 <= known < codec.rates:
        return
    codec.gains.go_on(known)
    codec.hyper_gains.go_on(known)
    kernel = codec.mixtures[0].kernel
    before = kernel.shape[2] - codec.rates
    if taken.get(kernel.path, ())[2:3] == (before + known,):
        rows = ops.convert_to_numpy(kernel).copy()
        rows[:, :, before + known :] = rows[:, :, [before + known - 1]]
        kernel.assign(rows)
