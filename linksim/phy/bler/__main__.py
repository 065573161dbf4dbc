"""`python -m linksim.phy.bler`: measure block-error tables."""

import sys

from linksim.errors import LinksimError
from linksim.phy.bler.packaged import main

if __name__ == "__main__":
    try:
        main()
    except LinksimError as error:
        sys.exit(f"linksim: {error}")
