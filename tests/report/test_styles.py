"""Styles: what lies under something else is still seen."""

from result_folders import table

from linksim.report import Rows, curves


def test_envelopes_over_the_same_members_are_both_visible_where_they_coincide():
    """The first is wide, the second narrow and dashed above it: the first shows at its sides and in its gaps."""
    envelopes = {"best": ["a", "b"], "target": ["a", "b"], "other": ["c"]}
    links = dict.fromkeys(["best", "target", "other", "a", "b", "c"], 1 / 6)
    lines = {line.get_label(): line for line in curves(Rows(table(links), envelopes=envelopes)).axes[0].get_lines()}
    best, target, other = lines["best"], lines["target"], lines["other"]
    assert best.get_linewidth() > 2 * target.get_linewidth() and target.get_zorder() > best.get_zorder()
    assert target.is_dashed() and not best.is_dashed() and not other.is_dashed()
    assert target.get_linewidth() < other.get_linewidth() < best.get_linewidth()
    assert len({best.get_color(), target.get_color(), other.get_color()}) == 3
