"""What should be trained, and how good it should get: the queue's own list."""

from __future__ import annotations

from types import MappingProxyType

NEEDS: MappingProxyType[str, float] = MappingProxyType(
    {
        # One model for all SNRs on CIFAR-10: 0.3 dB above what a GPU reached in three minutes.
        "deepjscc-resnet/cifar10-1_6": 29.60,
        "deepjscc-resnet/cifar10-1_12": 26.60,
        # The same on photographs: about 2 dB above the linear code on the same validation pictures.
        "deepjscc-resnet/photos-1_16": 27.00,
        "deepjscc-resnet/photos-1_24": 25.90,
        "deepjscc-resnet/photos-1_48": 24.00,
        "deepjscc-resnet/photos-1_12": 28.00,
        # The network of the papers: the best public reproduction at 10 dB.
        "deepjscc/cifar10-1_6-snr10": 29.73,
        "deepjscc/cifar10-1_12-snr10": 26.84,
        # The others of that network: no worse against the linear code than at 10 dB.
        "deepjscc/cifar10-1_6-snr1": 23.90,
        "deepjscc/cifar10-1_6-snr4": 25.90,
        "deepjscc/cifar10-1_6-snr7": 27.90,
        "deepjscc/cifar10-1_6-snr13": 31.40,
        "deepjscc/cifar10-1_6-snr16": 32.90,
        "deepjscc/cifar10-1_6-snr19": 34.30,
        "deepjscc/cifar10-1_12-snr1": 22.00,
        "deepjscc/cifar10-1_12-snr4": 23.70,
        "deepjscc/cifar10-1_12-snr7": 25.40,
        "deepjscc/cifar10-1_12-snr13": 28.20,
        "deepjscc/cifar10-1_12-snr16": 29.00,
        "deepjscc/cifar10-1_12-snr19": 29.70,
        # After the last layer: about 1 dB above what the zoo had before there were analytic starts.
        "multiple-decoders/cifar10-awgn-2x1_12-snr13": 30.60,
        "single-decoder/cifar10-awgn-2x1_12-snr13": 30.30,
        "residual/cifar10-awgn-2x1_12-snr13": 32.40,
        "multiple-decoders/cifar10-awgn-5x1_12-snr13": 32.50,
        # At its middle rate: what BPG has on these pictures where it is best for that lambda, at 0.31 bits per pixel.
        # (A run that meets it with more bits is not done: rate and distortion say which is better.)
        "lic/photos": 28.44,
    }
)
"""Recipe -> PSNR of the mean MSE on the validation pictures, in dB, that it is to reach.

The distance to it sets the order of the queue.
"""
