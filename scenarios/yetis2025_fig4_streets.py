"""The bits of `yetis2025_fig4` for street scenes: CamVid's test split, 34 bits for each 8x8 block."""

from yetis2025_fig4 import sweep_of

sweep = sweep_of("yetis2025_fig4_streets", "camvid", {"DS2C2": "ds2c2/camvid-34bits-z0"}, bits=34)

if __name__ == "__main__":
    sweep.main()
