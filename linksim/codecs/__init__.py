"""Learned joint source-channel codecs, pure Keras 3: they run under TensorFlow, JAX and PyTorch."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "adaptive": ["AdaptiveProgressive"],
        "autoencoder": ["Autoencoder"],
        "base": ["Codec"],
        "layers.upsampling": ["UpsamplingBlock"],
        "deepjscc": ["DeepJscc"],
        "deepjscc_attention": ["DeepJsccAttention"],
        "deepjscc_gdn": ["DeepJsccGdn"],
        "deepjscc_resnet": ["DeepJsccResNet"],
        "layers.gdn": ["Gdn"],
        "layers.attention": ["SnrAttention", "SnrAttentionBlock"],
        "lic.codec": ["LicGmm"],
        "linear": ["LinearAnalog"],
        "multiple_decoders": ["MultipleDecoders"],
        "parts": ["Bits", "Bytes", "Shown", "Symbols"],
        "progressive": ["ProgressiveCodec"],
        "registry": ["create"],
        "residual": ["ResidualTransmission"],
        "single_decoder": ["SingleDecoder"],
        "symbol_codec": ["SymbolCodec"],
        "layers.snr_scale": ["SnrScale"],
        "layers.symbols": ["PowerNormalization"],
    },
)
