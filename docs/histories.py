"""Validation PSNR against steps, of zoo entries or runs side by side.

`python docs/histories.py [--png FILE] ZOO ENTRY OR RUN ...` prints the learning curves that cards tell of, and what
those started from that did not start from random weights.
"""

import argparse
import dataclasses

import pandas as pd

from linksim import zoo
from linksim.errors import LinksimError
from linksim.report.site.content import beginning_of
from linksim.zoo.card import Card


def main() -> None:
    """Print a column for each entry, a row for each step that a card has, and below where curves begin."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--png", help="draw them, too")
    parser.add_argument("names", nargs="+", help="zoo entries, or folders of `linksim train`")
    given = parser.parse_args()
    try:
        cards = [zoo.read_card(zoo.find(name)) for name in given.names]
    except LinksimError as error:
        parser.error(str(error))
    table = curves(cards)
    print(table.to_string(float_format="{:.2f}".format, na_rep=""))
    for card in cards:
        if beginning := beginning_of(dataclasses.asdict(card)):
            print(f"{card.name}: {beginning}")
    if given.png:
        axes = table.interpolate(limit_area="inside").plot(marker=".", grid=True, figsize=(8, 4.5))
        axes.set_xlabel("steps")
        axes.set_ylabel("PSNR on validation pictures (dB)")
        axes.figure.savefig(given.png, dpi=150, bbox_inches="tight")


def curves(cards: list[Card]) -> pd.DataFrame:
    """A column for each card, a row for each step."""
    return pd.DataFrame({card.name: pd.Series(dict(map(tuple, card.history))) for card in cards}).sort_index()


if __name__ == "__main__":
    main()
