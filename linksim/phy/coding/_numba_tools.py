"""What the compiled loops share: pointers into arrays, and exp and log that give the same bits on every machine.

exp and log are those of the Cephes library (S. L. Moshier), in float32 with an error of about 1e-7: additions and
multiplications in a fixed order, which a compiler may do for many numbers at once, and which no mathematics library
of a machine rounds otherwise.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

F = np.float32


@intrinsic
def at(typing_context, array, offset):
    """Pointer to an element of a flat array: a slice costs more than the loop over it."""

    def generate(context, builder, signature, arguments):
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.gep(data, [arguments[1]], inbounds=True)

    return types.CPointer(array.dtype)(array, types.intp), generate


@intrinsic
def _as_float(typing_context, bits):
    """The float32 of these 32 bits."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.int32), generate


@intrinsic
def _as_int(typing_context, number):
    """The 32 bits of a float32."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.int32(types.float32), generate


@njit(inline="always")
def exp(x):
    """exp(x) of a float32 from -87 to 88."""
    n = F(np.floor(x * F(1.44269504088896341) + F(0.5)))
    x = x - n * F(0.693359375)
    x = x - n * F(-2.12194440e-4)
    p = F(1.9875691500e-4)
    p = p * x + F(1.3981999507e-3)
    p = p * x + F(8.3334519073e-3)
    p = p * x + F(4.1665795894e-2)
    p = p * x + F(1.6666665459e-1)
    p = p * x + F(5.0000001201e-1)
    p = p * (x * x) + x + F(1)
    return p * _as_float(np.int32((np.int32(n) + np.int32(127)) << np.int32(23)))


@njit(inline="always")
def log(x):
    """log(x) of a positive, normal float32."""
    bits = _as_int(x)
    exponent = np.int32((bits >> np.int32(23)) - np.int32(126))
    m = _as_float(np.int32((bits & np.int32(0x007FFFFF)) | np.int32(0x3F000000)))  # from 0.5 to 1
    small = m < F(0.707106781186547524)
    e = F(exponent - np.int32(1)) if small else F(exponent)
    m = m + m - F(1) if small else m - F(1)
    z = m * m
    p = F(7.0376836292e-2)
    p = p * m + F(-1.1514610310e-1)
    p = p * m + F(1.1676998740e-1)
    p = p * m + F(-1.2420140846e-1)
    p = p * m + F(1.4249322787e-1)
    p = p * m + F(-1.6668057665e-1)
    p = p * m + F(2.0000714765e-1)
    p = p * m + F(-2.4999993993e-1)
    p = p * m + F(3.3333331174e-1)
    p = p * m * z
    p = p + e * F(-2.12194440e-4)
    p = p - F(0.5) * z
    return m + p + e * F(0.693359375)
