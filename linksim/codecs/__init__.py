"""Learned joint source-channel codecs, pure Keras 3: they run under TensorFlow, JAX and PyTorch."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "adaptive": ["AdaptiveProgressive"],
        "base": ["Codec"],
        "layers.upsampling": ["ResidualBlock", "UpsamplingBlock"],
        "deepjscc": ["DeepJscc"],
        "deepjscc_gdn": ["DeepJsccGdn"],
        "layers.gdn": ["Gdn"],
        "layers.attention": ["ModulatedResidualBlock"],
        "multiple_decoders": ["MultipleDecoders"],
        "progressive": ["ProgressiveCodec"],
        "registry": ["create"],
        "residual": ["ResidualTransmission"],
        "single_decoder": ["SingleDecoder"],
        "layers.symbols": ["PowerNormalization"],
    },
)
