"""Figures, panels and tables, from rows and files only."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "canvas": ["to_png"],
        "curves": ["LABELS", "cbr_text", "curves", "load_reference"],
        "panels": ["LayeredRow", "layered_panel", "panel"],
    },
)
