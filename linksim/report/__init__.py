"""Figures, panels and tables, from rows and files only: no link, no channel and no TensorFlow is needed to draw.

`read` takes in a finished result folder, `draw` writes its figures; `Curves`, `Panel`, `Table` and `Preferences` say
which.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "canvas": ["to_png"],
        "curve_plot": ["curves"],
        "drawing": ["default_figures", "draw"],
        "figures": ["Curves", "Figure", "Panel", "Preferences", "Table", "figure_from_dict"],
        "folder": ["ResultFolder", "read"],
        "kept": ["panel_links", "panel_of"],
        "links_by_name": ["read_some", "some_links"],
        "panels": ["LayeredRow", "layered_panel", "panel"],
        "reference": ["load_reference"],
        "rows": ["AxisInfo", "Rows"],
        "table_formats": ["latex_of", "to_html", "to_latex", "to_text"],
        "table_along": ["cells_along"],
        "tables": ["cells"],
    },
)
