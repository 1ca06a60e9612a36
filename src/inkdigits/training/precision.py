"""The number format of matrix products, and how `auto` chooses it: by timing the network itself in both."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from statistics import median

import keras
import tensorflow as tf

from inkdigits.training.execution import Execution, choose_shards
from inkdigits.training.network import build, operations
from inkdigits.training.recipe import Convnet, Mlp, Recipe

FORMATS = ("float32", "bfloat16")
PROBE_SIDE = 512  # of a square product that is timed first: a millisecond in float32
LEAST_SECONDS = 0.5  # in float32 at the speed of that product: a shorter training ends before the timing would
MOST_SECONDS = 0.5  # of all timed steps
LEAST_GAIN = 1.1  # so much faster bfloat16 must be, so that a near tie gives the same weights again
ROUNDS = 9  # each times one step in either format, in alternating order


@dataclass(frozen=True)
class Precision:
    """A number format and how it was chosen.

    Attributes:
        name: `"float32"` or `"bfloat16"`.
        seconds: CPU seconds of one step's forward and backward pass in each format, medians; empty if not timed.
    """

    name: str
    seconds: dict[str, float] = field(default_factory=dict)


def choose_precision(recipe: Recipe, count: int, execution: Execution) -> Precision:
    """The recipe's precision; for `"auto"` bfloat16 if this machine takes steps with clearly less CPU time in it.

    Float32 is taken without timing the network if a square product is not faster in bfloat16, as on CPUs and GPUs
    without such instructions, or if the whole training is shorter than the timing. All workers take the chief's choice.

    Args:
        recipe: The configuration.
        count: Glyphs that are trained on.
        execution: How the steps are taken.
    """
    if recipe.precision != "auto":
        return Precision(recipe.precision)
    workers = execution.workers
    chosen = Precision("float32")
    if workers.chief:
        devices = workers.strategy.num_replicas_in_sync
        shards = execution.shards or choose_shards(recipe, "float32", devices)
        rows = recipe.batch_size // devices
        chosen = _time_formats(recipe.network, recipe.steps(count), max(1, rows), min(shards, max(1, rows)))
    number = workers.broadcast_from_chief(FORMATS.index(chosen.name))
    return chosen if workers.chief else Precision(FORMATS[number])


@lru_cache(maxsize=32)
def _time_formats(network: Mlp | Convnet, steps: int, rows: int, shards: int) -> Precision:
    rates = {name: _product_rate(name) for name in FORMATS}
    model = build(network)
    work = 3 * operations(model) * rows * steps  # a backward pass has twice the operations of a forward pass
    if rates["bfloat16"] <= rates["float32"] or work / rates["float32"] < LEAST_SECONDS:
        return Precision("float32")
    passes = {name: _compile_pass(build(network, precision=name), rows, shards) for name in FORMATS}
    times: dict[str, list[float]] = {name: [] for name in FORMATS}
    began = time.perf_counter()
    for number in range(ROUNDS):
        for name in FORMATS[:: 1 if number % 2 else -1]:
            times[name].append(_seconds(passes[name]))
        if time.perf_counter() - began > MOST_SECONDS:
            break
    seconds = {name: median(times[name]) for name in FORMATS}
    faster = seconds["bfloat16"] * LEAST_GAIN < seconds["float32"]
    return Precision("bfloat16" if faster else "float32", seconds)


def _seconds(run: tf.types.experimental.PolymorphicFunction) -> float:
    """CPU seconds of one call; of wall time where a GPU computes."""
    clock = time.perf_counter if tf.config.list_physical_devices("GPU") else time.process_time
    began = clock()
    run().numpy()
    return clock() - began


def _product_rate(name: str) -> float:
    """Operations per second of a square matrix product, the best of five."""
    a = tf.cast(tf.random.stateless_uniform((PROBE_SIDE, PROBE_SIDE), [0, 0]), name)
    product = tf.function(lambda: tf.reduce_sum(tf.matmul(a, a)), autograph=False)
    product()
    return 2 * PROBE_SIDE**3 / min(max(_seconds(product), 1e-6) for _ in range(5))


def _compile_pass(model: keras.Model, rows: int, shards: int) -> tf.types.experimental.PolymorphicFunction:
    """The forward and backward pass of a batch of gray glyphs, built and run once."""
    weights = [weight.value for weight in model.trainable_variables]
    x = tf.cast(tf.random.stateless_uniform((rows, 28, 28), [0, 0]), model.input.dtype)
    labels = tf.range(rows) % model.output_shape[-1]
    cuts = [shard * rows // shards for shard in range(shards + 1)]

    def step() -> tf.Tensor:
        with tf.GradientTape() as tape:
            losses = [
                tf.nn.sparse_softmax_cross_entropy_with_logits(labels[start:stop], model(x[start:stop], training=True))
                for start, stop in pairwise(cuts)
            ]
            loss = tf.reduce_sum(tf.concat(losses, axis=0)) / rows
        return tf.add_n([tf.reduce_sum(gradient) for gradient in tape.gradient(loss, weights)])

    compiled = tf.function(step, autograph=False)
    compiled()
    return compiled
