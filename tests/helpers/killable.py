"""A scenario for the tests that kill it: python killable.py PAUSE_S [options]."""

import sys

from harness_fakes import Best, CliffLink, NoisyLink, picture_set

from linksim.montecarlo import Sweep

links = [Best([CliffLink("a", 2, 8), CliffLink("b", 6, 4)]), NoisyLink(spread=0.3)]
sweep = Sweep("killable", links, picture_set(), range(8), ci_half_width=0.2, max_draws=64)
links[1].max_pixels = 800  # several units per round

if __name__ == "__main__":
    links[1].pause_s = float(sys.argv.pop(1))
    sweep.main()
