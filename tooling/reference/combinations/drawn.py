"""Numbers that Python and TypeScript draw alike, so that expected values can be stored without the weights they belong to."""
import numpy as np

MIX = 2**32


def drawn(name, shape, scale, centre=0.0):
    """float32 of a shape: uniform in centre +- scale, decided by the tensor's name alone (packages/core/src/testing/drawn.ts)."""
    count = int(np.prod(shape, dtype=np.int64))
    x = (np.arange(count, dtype=np.uint64) * 2654435761 + fnv1a(name)) % MIX
    x ^= x >> 16
    x = x * 0x85EBCA6B % MIX
    x ^= x >> 13
    x = x * 0xC2B2AE35 % MIX
    x ^= x >> 16
    return (centre + scale * (2 * (x.astype(np.float64) / MIX) - 1)).astype(np.float32).reshape(shape)


def fnv1a(text):
    """32 bits of a name in UTF-8 (Fowler, Noll and Vo)."""
    value = 0x811C9DC5
    for byte in text.encode():
        value = (value ^ byte) * 0x01000193 % MIX
    return value
