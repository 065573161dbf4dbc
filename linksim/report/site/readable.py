"""Names as a browser shows them: TeX in them as readable text."""

from __future__ import annotations

import dataclasses

from linksim.report.folder import ResultFolder
from linksim.report.tex import plain


def readable(result: ResultFolder) -> ResultFolder:
    """A result folder whose names are plain text; unchanged where two links would then have one name."""
    rows = result.rows
    links = {str(name) for name in rows.table["link"]}
    if len({plain(name) for name in links}) < len(links):
        return result
    tags = {
        plain(link): {tag: plain(value) if isinstance(value, str) else value for tag, value in of.items()}
        for link, of in rows.tags.items()
    }
    shown = dataclasses.replace(
        rows,
        table=rows.table.assign(link=rows.table["link"].map(plain)),
        axis=dataclasses.replace(rows.axis, label=plain(rows.axis.label)),
        tags=tags,
        envelopes={plain(name): [plain(m) for m in members] for name, members in rows.envelopes.items()},
        reference=[{key: plain(v) if key in _NAMES else v for key, v in p.items()} for p in rows.reference],
    )
    received = [dataclasses.replace(p, link=plain(p.link), note=plain(p.note)) for p in result.received]
    return dataclasses.replace(result, rows=shown, received=received)


_NAMES = ("link", "scheme", "source")
