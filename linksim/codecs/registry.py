"""Codecs by name, for recipes and cards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from linksim.codecs.adaptive import AdaptiveProgressive
from linksim.codecs.base import Codec, build
from linksim.codecs.deepjscc import DeepJscc
from linksim.codecs.deepjscc_attention import DeepJsccAttention
from linksim.codecs.deepjscc_gdn import DeepJsccGdn
from linksim.codecs.deepjscc_resnet import DeepJsccResNet
from linksim.codecs.ds2c2.codec import Ds2c2
from linksim.codecs.ds2c2.rgan import Rgan
from linksim.codecs.lic.codec import LicGmm
from linksim.codecs.linear import LinearAnalog
from linksim.codecs.multiple_decoders import MultipleDecoders
from linksim.codecs.residual import ResidualTransmission
from linksim.codecs.single_decoder import SingleDecoder
from linksim.errors import LinksimError

CODECS: dict[str, type[Codec]] = {
    "adaptive": AdaptiveProgressive,
    "deepjscc": DeepJscc,
    "deepjscc-attention": DeepJsccAttention,
    "deepjscc-gdn": DeepJsccGdn,
    "deepjscc-resnet": DeepJsccResNet,
    "ds2c2": Ds2c2,
    "lic": LicGmm,
    "linear": LinearAnalog,
    "multiple-decoders": MultipleDecoders,
    "residual": ResidualTransmission,
    "rgan": Rgan,
    "single-decoder": SingleDecoder,
}


def create(codec: str, options: Mapping[str, Any], **about: Any) -> Codec:
    """A codec with fresh weights, built.

    Parameters
    ----------
    codec : str
        One of `CODECS`.
    options : mapping
        Its constructor's arguments.
    **about
        `title` and `training_snr_db`, see `Codec`.

    Raises
    ------
    LinksimError
        If the name is unknown, or the codec does not take these options.
    """
    if codec not in CODECS:
        raise LinksimError(f"unknown codec {codec!r}; take one of {', '.join(sorted(CODECS))}")
    try:
        made = CODECS[codec](**options, **about)
    except TypeError as error:
        raise LinksimError(f"codec {codec!r} does not take these options: {error}") from error
    return build(made)
