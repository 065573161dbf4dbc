"""DS2C2: a base layer from a generative network, and a residual in bits that may get lost (Yetis 2025)."""
