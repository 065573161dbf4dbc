"""Learned joint source-channel codecs, pure Keras 3: they run under TensorFlow, JAX and PyTorch."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "adaptive": ["AdaptiveProgressive"],
        "base": ["Codec"],
        "blocks": ["ResidualBlock", "UpsamplingBlock"],
        "deepjscc": ["DeepJscc"],
        "deepjscc_gdn": ["DeepJsccGdn"],
        "gdn": ["Gdn"],
        "modulation": ["ModulatedResidualBlock"],
        "multiple_decoders": ["MultipleDecoders"],
        "noise": ["TrainingChannel"],
        "progressive": ["ProgressiveCodec"],
        "registry": ["create"],
        "residual": ["ResidualTransmission"],
        "single_decoder": ["SingleDecoder"],
        "symbols": ["PowerNormalization"],
    },
)
