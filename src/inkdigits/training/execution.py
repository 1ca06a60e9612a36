"""How training steps are taken: by whom, on how many threads, in how many shards. It changes speed, not results."""

from __future__ import annotations

from dataclasses import dataclass, field

import tensorflow as tf

from inkdigits.system import usable_cores
from inkdigits.training.distributed.cluster import Workers, single_process
from inkdigits.training.recipe import Mlp, Recipe

L2_BYTES = 1 << 20  # per core, on most of today's CPUs; fixed, so that results do not depend on it


@dataclass(frozen=True, kw_only=True)
class Execution:
    """How steps are taken; results differ by rounding only.

    With an adversary rounding matters more: it moves a whole step by the sign of each gradient, and rounding can change
    the sign of a gradient near 0.

    Attributes:
        workers: Who shares each batch; by default this process.
        shards: In how many shards the rows of a device go through the network side by side; None for a fitting number.
        single_threaded_ops: Whether each operation is to take one thread, where that can still be set.
    """

    workers: Workers = field(default_factory=single_process)
    shards: int | None = None
    single_threaded_ops: bool = True


def choose_shards(recipe: Recipe, precision: str, devices: int) -> int:
    """In how many shards the rows of one device go through the network, each on one core.

    With single-threaded operations, one per core. With several threads per operation two shards only pay where one
    would keep a core idle: oneDNN takes one thread for a product whose operands and result fit into the L2 cache.
    """
    network, rows = recipe.network, recipe.batch_size
    if tf.config.list_physical_devices("GPU"):
        return 1
    if tf.config.threading.get_intra_op_parallelism_threads() == 1:
        return max(1, min(usable_cores(), rows // devices))
    if devices > 1 or not isinstance(network, Mlp):
        return 1
    inputs, outputs = 784, network.hidden[0] if network.hidden else 10
    size = (rows * outputs + inputs * (rows + outputs)) * tf.as_dtype(precision).size
    return 2 if size < L2_BYTES else 1
