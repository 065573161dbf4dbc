"""What each term of the loss does, at CBR 1/48 and 10 dB: fig. 7 of Wang et al. (2022), with zoomed details.

beta_m weighs the MSE, without a discriminator; beta_g the discriminator, with beta_m as in the zoo's model. The
weights of the models that are not in the zoo are made by `linksim train`, some minutes each, and found in `runs/`.
"""

from wang2022_fig4 import channel

from linksim import AnalogLink, Panel, Sweep, Table, zoo

STEM = "deepjscc-resnet/photos-1_48"
MODELS = {
    "MSE alone": STEM,
    "beta_m 1e-3": f"{STEM}-lpips",
    "beta_m 1e-4": f"{STEM}-lpips-m1e-4",
    "beta_m 1e-5": f"{STEM}-lpips-m1e-5",
    "beta_g 1e-5": f"{STEM}-gan-g1e-5",
    "beta_g 1e-3": f"{STEM}-gan",
    "beta_g 1e-1": f"{STEM}-gan-g1e-1",
}

sweep = Sweep(
    "wang2022_fig7",
    [AnalogLink(zoo.load(model), channel, name=name) for name, model in MODELS.items()],
    pictures="kodak",
    metrics=("psnr", "ms_ssim", "lpips", "lpips_squeeze", "dists"),
    snr_db=[10],
    max_draws=2,
    figures=[
        Table(y=("psnr", "ms_ssim", "lpips", "lpips_squeeze")),
        Panel(value=10, metrics=("lpips",), zoom=(150, 300, 96)),
    ],
)

if __name__ == "__main__":
    sweep.main()
