"""The testing environment: what machine this is, and how fast it multiplies matrices."""

from __future__ import annotations

import platform
import time
from dataclasses import dataclass
from statistics import median

from inkdigits.errors import require
from inkdigits.system import cpu_facts, cpu_name, memory_bytes, usable_cores

require("tensorflow", extra="train", purpose="training")

import tensorflow as tf  # noqa: E402

TELLING_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "neon", "bf16")
PRODUCT_SIDE, PRODUCTS = 2048, 7


@dataclass(frozen=True, kw_only=True)
class Environment:
    """The machine that a measurement ran on.

    Attributes:
        cpu: Its model.
        cores: That this process may use.
        flags: Those of the CPU's instruction sets that matter to training.
        memory_gb: Main memory.
        gpus: Names of those that TensorFlow sees.
        system: Operating system and Python.
        tensorflow: Version.
        float32_gflops: Matrix products of 2048 × 2048, measured now, 1e9 operations a second.
        bfloat16_gflops: The same.
    """

    cpu: str
    cores: int
    flags: tuple[str, ...]
    memory_gb: float
    gpus: tuple[str, ...]
    system: str
    tensorflow: str
    float32_gflops: float
    bfloat16_gflops: float


def measure_environment() -> Environment:
    """Looks at this machine and measures its matrix products; takes a few seconds."""
    facts = cpu_facts()
    flags = set(facts.get("flags", facts.get("Features", "")).split())
    return Environment(
        cpu=cpu_name(),
        cores=usable_cores(),
        flags=tuple(flag for flag in TELLING_FLAGS if flag in flags),
        memory_gb=round(memory_bytes() / 2**30, 1),
        gpus=tuple(device.name for device in tf.config.list_physical_devices("GPU")),
        system=f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        tensorflow=tf.__version__,
        float32_gflops=product_gflops(tf.float32),
        bfloat16_gflops=product_gflops(tf.bfloat16),
    )


def product_gflops(dtype: tf.DType, side: int = PRODUCT_SIDE) -> float:
    """Square matrix products, 1e9 operations a second, median of seven."""
    a, b = (tf.cast(tf.random.normal((side, side)), dtype) for _ in range(2))
    product = tf.function(tf.matmul)
    product(a, b)
    rates = []
    for _ in range(PRODUCTS):
        began = time.perf_counter()
        product(a, b)[0, 0].numpy()
        rates.append(2 * side**3 / (time.perf_counter() - began) / 1e9)
    return median(rates)
