"""Codecs by name, for recipes and cards."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
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


def name_of(kind: type[Codec]) -> str:
    """What recipes and cards call a class of codecs: its name in `CODECS`, else "module:Class".

    Nothing is ever imported by such a name: who loads weights of a class of their own gives the class.

    Raises
    ------
    LinksimError
        If it is no class of codecs.
    """
    if not (isinstance(kind, type) and issubclass(kind, Codec)):
        what = f"class {kind.__name__}" if isinstance(kind, type) else f"a value of {type(kind).__name__}"
        raise LinksimError(f"{what} is no codec; give a subclass of linksim.codecs.Codec, such as Autoencoder")
    for name, known in CODECS.items():
        if kind is known:
            return name
    module = kind.__module__
    if module == "__main__":  # the same name whether the file was run or imported
        module = Path(getattr(sys.modules["__main__"], "__file__", None) or module).stem
    return f"{module}:{kind.__qualname__}"


def create(codec: str | type[Codec], options: Mapping[str, Any], **about: Any) -> Codec:
    """A codec with fresh weights, built.

    Parameters
    ----------
    codec : str or class
        One of `CODECS`, or a class of one's own.
    options : mapping
        Its constructor's arguments.
    **about
        `title` and `training_snr_db`, see `Codec`.

    Raises
    ------
    LinksimError
        If the name is unknown, or the codec does not take these options.
    """
    kind = CODECS.get(codec) if isinstance(codec, str) else codec
    if kind is None:
        if ":" in str(codec):
            raise LinksimError(f"codec {codec!r} is a class outside linksim; give the class itself, not its name")
        raise LinksimError(f"unknown codec {codec!r}; take one of {', '.join(sorted(CODECS))}")
    try:
        made = kind(**options, **about)
    except TypeError as error:
        raise LinksimError(f"codec {name_of(kind)!r} does not take these options: {error}") from error
    return build(made)
