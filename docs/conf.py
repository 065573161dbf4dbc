"""How the documentation is built: `sphinx-build -W --keep-going -b html docs build/docs` (CONTRIBUTING.md)."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_extensions"))
# The reference imports all of linksim. Nothing is computed, and TensorFlow may be quiet about it.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

from sphinx.ext.napoleon import NumpyDocstring  # noqa: E402

from linksim import __version__  # noqa: E402

_parse = NumpyDocstring._parse


def _as_of_functions(self: NumpyDocstring) -> None:
    """Read the docstring of a property as one of a function: a colon in its first sentence does not end a type."""
    self._what = "method" if self._what in ("attribute", "data", "property") else self._what
    _parse(self)


NumpyDocstring._parse = _as_of_functions

project = "linksim"
author = "The linksim contributors"
project_copyright = author
version = release = __version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "myst_nb",
    "sphinx_copybutton",
    "sphinx_design",
    "results_pages",
    "outward_links",
    "linked_names",
    "mathml",
]
exclude_patterns = ["_generated", "**/.ipynb_checkpoints"]
root_doc = "index"

# Pages are Markdown that a Git page shows as well.
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "deflist"]
myst_heading_anchors = 4
# Notebooks are shown with the outputs that are stored in them; `tests/notebooks` runs them.
nb_execution_mode = "off"
nb_merge_streams = True

# Docstrings are NumPy's kind; blocks have the sections that Sionna's have.
napoleon_google_docstring = False
napoleon_numpy_docstring = True
napoleon_use_rtype = False
napoleon_use_ivar = True
napoleon_custom_sections = [("Input", "params_style"), ("Output", "params_style")]
default_role = "py:obj"
autodoc_default_options = {"members": True, "show-inheritance": True, "member-order": "bysource"}
autodoc_inherit_docstrings = False
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_class_signature = "mixed"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
add_module_names = False
templates_path = ["_templates"]

html_math_renderer = "mathml"
html_theme = "furo"
html_title = "linksim"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_show_sourcelink = False
html_theme_options = {"navigation_with_keys": True}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
copybutton_prompt_text = r">>> |\$ "
copybutton_prompt_is_regexp = True

linkcheck_timeout = 20
linkcheck_workers = 4
# Publishers that answer robots with "forbidden"; their DOIs are looked at by hand.
linkcheck_ignore = [r"https://doi\.org/.*"]
