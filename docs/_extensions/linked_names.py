"""Names of the API that pages write as code, such as `linksim.phy.Channel` or `SeparationLink`, lead to the reference.

So pages need no roles, and read well on a Git page.
"""

from __future__ import annotations

import re
from collections import defaultdict

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

NAME = re.compile(r"(?:[A-Za-z_]\w*\.)*[A-Z]\w+|linksim(?:\.\w+)+")
KINDS = ("class", "function", "data", "exception")


class LinkedNames(SphinxPostTransform):
    """Turns inline code that is the name of something in the reference into a link to it."""

    default_priority = 200

    def run(self, **kwargs: object) -> None:
        python = self.env.domains.python_domain
        known = {name: entry for name, entry in python.objects.items() if entry.objtype in KINDS}
        short = defaultdict(set)
        for name, entry in known.items():
            short[name.rpartition(".")[2]].add((entry.docname, entry.node_id))
        for literal in list(self.document.findall(nodes.literal)):
            text = literal.astext().partition("(")[0]
            if not NAME.fullmatch(text) or isinstance(literal.parent, (nodes.reference, pending_xref, nodes.title)):
                continue
            entry = known.get(text)
            places = {(entry.docname, entry.node_id)} if entry else short.get(text.rpartition(".")[2], set())
            if len(places) == 1:
                ((docname, node_id),) = places
                link = make_refnode(
                    self.app.builder, self.env.current_document.docname, docname, node_id, literal.deepcopy()
                )
                literal.replace_self(link)


def setup(app: Sphinx) -> dict[str, object]:
    """Sphinx's way in."""
    app.add_post_transform(LinkedNames)
    return {"parallel_read_safe": True}
