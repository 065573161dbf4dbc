"""The links of `ds2c2_phy_awgn` over slow Rayleigh fading that the receiver knows: one fade for a picture."""

from ds2c2_phy_awgn import links_over

from linksim import Curves, Panel, Sweep
from linksim.phy import RayleighSlow

sweep = Sweep(
    "ds2c2_phy_rayleigh",
    links_over(RayleighSlow(csi=True)),
    pictures="kodak",
    snr_db=range(0, 26, 5),
    ci_half_width=0.5,
    max_draws=64,
    figures=[Curves(split="none"), Panel(value=10)],
)

if __name__ == "__main__":
    sweep.main()
