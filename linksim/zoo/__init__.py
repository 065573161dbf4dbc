"""Named pretrained weights, each with its card."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "card": ["Card", "read_card"],
        "catalog": ["find", "load", "names", "stored_digest"],
        "export": ["export", "golden_output"],
        "lic": ["Lic"],
        "sources": ["source_codec"],
    },
)
