"""The trainer: many steps inside one compiled loop, glyphs resident in memory, no Python a step.

Takes a model, a recipe and glyphs; changes the model's weights. All randomness (order, augmentation) is a function of
the seed and the step, so a trainer put back to a step goes on as if it had never stopped. Knows nothing of files.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from inkdigits.errors import TrainingError
from inkdigits.learning.augment import augment
from inkdigits.learning.recipes import Mlp, Recipe

WARM_UP = 0.25  # of all steps, in a one-cycle schedule
START_RATE = 0.04  # of the peak rate
EVALUATION_BATCH = 500
L2_BYTES = 1 << 20  # of a core, on most of today's CPUs; fixed, so that results do not depend on it


@dataclass(frozen=True)
class Score:
    """Mean loss (nats a glyph) and accuracy (0 to 1) over some glyphs."""

    loss: float
    accuracy: float


def native_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 natively, where oneDNN gains from it."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def resolve_precision(recipe: Recipe) -> str:
    """`"bfloat16"` or `"float32"`, with `"auto"` decided by this machine."""
    if recipe.precision != "auto":
        return recipe.precision
    return "bfloat16" if native_bfloat16() else "float32"


class Trainer:
    """Trains one model on one set of glyphs.

    Args:
        model: As `network.build` gives it.
        recipe: The configuration.
        glyphs: Shape `(N, 28, 28)`, uint8.
        labels: Shape `(N,)`, below the number of the model's logits.
        seed: Of the order of glyphs and of augmentation.

    Raises:
        TrainingError: There are fewer glyphs than one batch takes.
    """

    def __init__(
        self, model: keras.Model, recipe: Recipe, glyphs: NDArray[np.uint8], labels: NDArray[np.integer], *, seed: int
    ) -> None:
        if len(glyphs) < recipe.batch_size:
            raise TrainingError(
                f"Expected at least one batch of {recipe.batch_size} glyphs. Received: {len(glyphs)}.",
                hint="Give more glyphs or a smaller --batch-size.",
            )
        self.model = model
        self.recipe = recipe
        self.seed = seed
        self.step = 0
        self.steps = recipe.steps(len(glyphs))
        self.steps_per_epoch = len(glyphs) // recipe.batch_size
        self._weights = [weight.value for weight in model.trainable_variables]
        self.slots = [tf.Variable(tf.zeros_like(w)) for _ in range(_SLOTS[recipe.optimizer]) for w in self._weights]
        self._parts = _parallel_parts(recipe, model.input.dtype)
        self._glyphs = tf.constant(glyphs)
        self._labels = tf.constant(labels.astype(np.int32))
        self._order: tuple[int, tf.Tensor] = (-1, tf.zeros(0, tf.int32))
        self._loop = tf.function(self._run, reduce_retracing=True)

    @property
    def epoch(self) -> float:
        """Epochs done, with the part of the one under way."""
        return self.step / self.steps_per_epoch

    def run(self, count: int) -> Score:
        """Takes `count` steps, at most to the end of this epoch and of the recipe.

        Returns:
            The mean training loss and accuracy over these steps, dropout and augmentation included.

        Raises:
            TrainingError: The loss is no longer finite.
        """
        in_epoch = self.step % self.steps_per_epoch
        count = min(count, self.steps_per_epoch - in_epoch, self.steps - self.step)
        epoch = self.step // self.steps_per_epoch
        if self._order[0] != epoch:
            order = tf.random.experimental.stateless_shuffle(tf.range(len(self._labels)), seed=[self.seed, epoch])
            self._order = epoch, order
        loss, correct = self._loop(self._order[1], *(tf.constant(n, tf.int32) for n in (self.step, count, in_epoch)))
        score = Score(float(loss) / count, float(correct) / (count * self.recipe.batch_size))
        if not np.isfinite(score.loss):
            raise TrainingError(
                f"Expected a finite loss. Received: {score.loss} by step {self.step + count}.",
                hint=f"Lower --learning-rate (now {self.recipe.learning_rate}).",
            )
        self.step += count
        return score

    def _run(self, order: tf.Tensor, step: tf.Tensor, count: tf.Tensor, in_epoch: tf.Tensor) -> tuple[tf.Tensor, ...]:
        size = self.recipe.batch_size

        def body(i: tf.Tensor, loss: tf.Tensor, correct: tf.Tensor) -> tuple[tf.Tensor, ...]:
            indices = order[(in_epoch + i) * size : (in_epoch + i + 1) * size]
            indices = tf.ensure_shape(indices, (size,))
            step_loss, step_correct = self._step(step + i, tf.gather(self._glyphs, indices), indices)
            return i + 1, loss + step_loss, correct + step_correct

        start = (tf.constant(0), tf.constant(0.0), tf.constant(0.0))
        _, loss, correct = tf.while_loop(lambda i, *_: i < count, body, start, parallel_iterations=1)
        return loss, correct

    def _step(self, step: tf.Tensor, glyphs: tf.Tensor, indices: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        recipe = self.recipe
        dtype = self.model.input.dtype
        if recipe.augmentation is None:
            x = tf.cast(glyphs, dtype) / 255
        else:
            x = tf.cast(glyphs, tf.float32) / 255
            x = tf.cast(augment(x, recipe.augmentation, seed=tf.stack([self.seed ^ 0x5EED, step])), dtype)
        labels = tf.gather(self._labels, indices)
        with tf.GradientTape() as tape:
            logits = tf.concat([self.model(part, training=True) for part in tf.split(x, self._parts)], axis=0)
            loss = tf.reduce_mean(_cross_entropy(labels, logits, recipe.label_smoothing))
        gradients = tape.gradient(loss, self._weights)
        rate = learning_rate(recipe, step, self.steps)
        _APPLY[recipe.optimizer](self._weights, self.slots, gradients, rate, tf.cast(step, tf.float32) + 1.0)
        hits = tf.equal(tf.argmax(logits, axis=1, output_type=tf.int32), labels)
        return loss, tf.reduce_sum(tf.cast(hits, tf.float32))


def _parallel_parts(recipe: Recipe, dtype: str) -> int:
    """In how many parts a batch goes through the network side by side: two where one part would keep one core idle.

    TensorFlow's oneDNN kernels take a single thread for a product whose operands and result fit into the L2 cache.
    """
    network, rows = recipe.network, recipe.batch_size
    if not isinstance(network, Mlp) or rows % 2:
        return 1
    inputs, outputs = 784, network.hidden[0] if network.hidden else 10
    size = (rows * outputs + inputs * (rows + outputs)) * tf.as_dtype(dtype).size
    return 2 if size < L2_BYTES else 1


def learning_rate(recipe: Recipe, step: tf.Tensor, steps: int) -> tf.Tensor:
    """The rate at a step of a training of `steps` steps, a float32 scalar."""
    peak = tf.constant(recipe.learning_rate, tf.float32)
    if recipe.schedule == "constant":
        return peak
    done = tf.cast(step, tf.float32) / steps
    rise = START_RATE + (1 - START_RATE) * done / WARM_UP
    fall = (1 - done) / (1 - WARM_UP)
    return peak * tf.minimum(rise, fall)


def _cross_entropy(labels: tf.Tensor, logits: tf.Tensor, smoothing: float) -> tf.Tensor:
    if not smoothing:
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    classes = logits.shape[-1]
    return tf.nn.softmax_cross_entropy_with_logits(
        tf.one_hot(labels, classes, 1 - smoothing + smoothing / classes, smoothing / classes), logits
    )


# One fused kernel a weight: Keras' optimizers build about fifteen operations for each, which costs more than the
# products themselves in small networks.
Tensors = list[tf.Tensor]


def _adam(weights: Tensors, slots: Tensors, gradients: Tensors, rate: tf.Tensor, time: tf.Tensor) -> None:
    beta1, beta2 = 0.9, 0.999
    count = len(weights)
    for weight, mean, square, gradient in zip(weights, slots[:count], slots[count:], gradients, strict=True):
        tf.raw_ops.ResourceApplyAdam(
            var=weight.handle,
            m=mean.handle,
            v=square.handle,
            beta1_power=tf.pow(beta1, time),
            beta2_power=tf.pow(beta2, time),
            lr=rate,
            beta1=beta1,
            beta2=beta2,
            epsilon=1e-7,
            grad=gradient,
        )


def _sgd(weights: Tensors, slots: Tensors, gradients: Tensors, rate: tf.Tensor, _time: tf.Tensor) -> None:
    for weight, speed, gradient in zip(weights, slots, gradients, strict=True):
        tf.raw_ops.ResourceApplyKerasMomentum(
            var=weight.handle, accum=speed.handle, lr=rate, grad=gradient, momentum=0.9
        )


def _rmsprop(weights: Tensors, slots: Tensors, gradients: Tensors, rate: tf.Tensor, _time: tf.Tensor) -> None:
    count = len(weights)
    for weight, square, speed, gradient in zip(weights, slots[:count], slots[count:], gradients, strict=True):
        tf.raw_ops.ResourceApplyRMSProp(
            var=weight.handle,
            ms=square.handle,
            mom=speed.handle,
            lr=rate,
            rho=0.9,
            momentum=0.0,
            epsilon=1e-7,
            grad=gradient,
        )


_SLOTS = {"adam": 2, "sgd": 1, "rmsprop": 2}
_APPLY: dict[str, Callable[[Tensors, Tensors, Tensors, tf.Tensor, tf.Tensor], None]] = {
    "adam": _adam,
    "sgd": _sgd,
    "rmsprop": _rmsprop,
}


def make_scorer(
    model: keras.Model, glyphs: NDArray[np.uint8], labels: NDArray[np.integer]
) -> Callable[[], tuple[Score, NDArray[np.float32]]]:
    """Compiles the scoring of a model on fixed glyphs, such as the validation split after each epoch.

    Args:
        model: As `network.build` gives it.
        glyphs: Shape `(N, 28, 28)`, uint8.
        labels: Shape `(N,)`, below the number of the model's logits.

    Returns:
        A function that gives the score over exactly N glyphs, and the logits, shape `(N, classes)`.
    """

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def logits_of(batch: tf.Tensor) -> tf.Tensor:
        return model(tf.cast(batch, model.input.dtype) / 255, training=False)

    def score() -> tuple[Score, NDArray[np.float32]]:
        starts = range(0, len(glyphs), EVALUATION_BATCH)
        logits = np.concatenate([logits_of(glyphs[start : start + EVALUATION_BATCH]).numpy() for start in starts])
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels.astype(np.int32), logits).numpy()
        return Score(float(losses.mean()), float((logits.argmax(1) == labels).mean())), logits

    return score
