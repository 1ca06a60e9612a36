"""The trainer: many steps inside one compiled loop, glyphs resident in memory, no Python a step.

Takes a model, a recipe and glyphs; changes the model's weights. All randomness (order, augmentation, dropout) is a
function of the seed and the step, so a trainer put back to a step goes on as if it had never stopped, and workers who
share each batch take the steps that one would take alone. Knows nothing of files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from inkdigits.errors import TrainingError
from inkdigits.system import usable_cores
from inkdigits.training.augmentation import augment
from inkdigits.training.distributed.cluster import Workers, alone
from inkdigits.training.losses import _cross_entropy, distillation_loss
from inkdigits.training.network import HEAD
from inkdigits.training.optimizers import _APPLY, _SLOTS, learning_rate
from inkdigits.training.pgd import Pgd, perturb
from inkdigits.training.predict import Score
from inkdigits.training.recipe import Mlp, Recipe
from inkdigits.training.stateless_random import Draws

L2_BYTES = 1 << 20  # of a core, on most of today's CPUs; fixed, so that results do not depend on it
DROPOUT, ATTACK = 0, 100  # streams of draws; those from 1 are augmentation's


@dataclass(frozen=True, kw_only=True)
class Execution:
    """How steps are taken: it changes how fast they are, and their results by no more than rounding.

    But an adversary goes a whole step by the sign of each gradient: of one near 0, rounding turns it round.

    Attributes:
        workers: Who shares each batch; by default this process alone.
        parts: In how many parts a device's rows go through the network side by side; by default one for each core if an
            operation takes a single thread (`workers.one_thread_an_operation`), else one or two.
        single_threaded_ops: Whether each operation takes one thread, where that can still be set.
    """

    workers: Workers = field(default_factory=alone)
    parts: int | None = None
    single_threaded_ops: bool = True


class Trainer:
    """Trains one model on one set of glyphs.

    Args:
        model: As `network.build` gives it, within the scope of the workers' strategy.
        recipe: The configuration.
        glyphs: Shape `(N, 28, 28)`, uint8; of all workers the same.
        labels: Shape `(N,)`, below the number of the model's logits.
        seed: Of the order of glyphs, of augmentation and of dropout.
        teachers: Models whose mean answer to each changed glyph is learned in place of its label; with as many logits.
        execution: How the steps are taken.

    Raises:
        TrainingError: There are fewer glyphs than one batch takes.
    """

    def __init__(
        self,
        model: keras.Model,
        recipe: Recipe,
        glyphs: NDArray[np.uint8],
        labels: NDArray[np.integer],
        *,
        seed: int,
        teachers: Sequence[keras.Model] = (),
        execution: Execution | None = None,
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
        self._teachers = teachers
        execution = execution or Execution()
        self._workers = execution.workers
        self._weights = [weight.value for weight in model.trainable_variables]
        with self._workers.strategy.scope():
            self.slots = [
                tf.Variable(tf.zeros(w.shape)) for _ in range(_SLOTS[recipe.optimizer]) for w in self._weights
            ]
        self._head = model.get_layer(HEAD)
        self._body = keras.Model(model.inputs, self._head.input)
        devices = self._workers.strategy.num_replicas_in_sync
        self._parts = execution.parts or _parallel_parts(recipe, model.input.dtype, devices)
        self._glyphs = tf.constant(glyphs)
        self._labels = tf.constant(labels.astype(np.int32))
        self._order: tuple[int, tf.Tensor] = (-1, tf.zeros(0, tf.int32))
        self._loop = tf.function(self._run, reduce_retracing=True, autograph=False)

    @property
    def epoch(self) -> float:
        """Epochs done, with the part of the one under way."""
        return self.step / self.steps_per_epoch

    def compile(self) -> None:
        """Builds the loop without taking a step, as the first `run` would, so that its time can be told apart."""
        self._loop(self._order_of(0), *(tf.constant(0, tf.int32) for _ in range(3)))

    def run(self, count: int) -> Score:
        """Takes `count` steps, at most to the end of this epoch and of the recipe.

        Returns:
            The mean training loss and accuracy over these steps, dropout and augmentation included.

        Raises:
            TrainingError: The loss is no longer finite, or another worker is gone.
        """
        in_epoch = self.step % self.steps_per_epoch
        count = min(count, self.steps_per_epoch - in_epoch, self.steps - self.step)
        order = self._order_of(self.step // self.steps_per_epoch)
        with self._workers.together():
            sums = self._loop(order, *(tf.constant(n, tf.int32) for n in (self.step, count, in_epoch)))
            loss, correct = sums.numpy()
        score = Score(float(loss) / count, float(correct) / (count * self.recipe.batch_size))
        if not np.isfinite(score.loss):
            raise TrainingError(
                f"Expected a finite loss. Received: {score.loss} by step {self.step + count}.",
                hint=f"Lower --learning-rate (now {self.recipe.learning_rate}).",
            )
        self.step += count
        return score

    def _order_of(self, epoch: int) -> tf.Tensor:
        if self._order[0] != epoch:
            order = tf.random.experimental.stateless_shuffle(tf.range(len(self._labels)), seed=[self.seed, epoch])
            self._order = epoch, order
        return self._order[1]

    def _run(self, order: tf.Tensor, step: tf.Tensor, count: tf.Tensor, in_epoch: tf.Tensor) -> tf.Tensor:
        size = self.recipe.batch_size
        strategy = self._workers.strategy

        def body(i: tf.Tensor, sums: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            batch = tf.ensure_shape(order[(in_epoch + i) * size : (in_epoch + i + 1) * size], (size,))
            done = strategy.run(self._step, (step + i, batch))
            return i + 1, sums + strategy.experimental_local_results(done)[0]

        start = (tf.constant(0), tf.zeros(2))
        return tf.while_loop(lambda i, _: i < count, body, start, parallel_iterations=1)[1]

    def _step(self, step: tf.Tensor, batch: tf.Tensor) -> tf.Tensor:
        """One step of one device on its rows of the batch; the loss and the hits of the whole batch, shape `(2,)`."""
        start, stop = self._rows()
        glyphs, labels = (tf.gather(array, batch[start:stop]) for array in (self._glyphs, self._labels))
        return self._update(step, glyphs, labels)

    def _rows(self) -> tuple[int, int]:
        """First row of the batch that this device takes, and the one after the last."""
        context = tf.distribute.get_replica_context()
        device = int(tf.get_static_value(context.replica_id_in_sync_group))
        size, devices = self.recipe.batch_size, context.num_replicas_in_sync
        return device * size // devices, (device + 1) * size // devices

    def _update(self, step: tf.Tensor, glyphs: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        recipe, size = self.recipe, self.recipe.batch_size
        seed = tf.stack([self.seed, step])
        first, last = self._rows()
        cuts = [first + part * (last - first) // self._parts for part in range(self._parts + 1)]
        with tf.GradientTape() as tape:
            parts, losses = [], []
            for start, stop in pairwise(cuts):
                draws, rows = Draws(seed, size, start, stop), slice(start - first, stop - first)
                x = self._inputs(glyphs[rows], labels[rows], draws)
                parts.append(self._logits(x, draws))
                if self._teachers:
                    losses.append(distillation_loss(parts[-1], [teacher(x) for teacher in self._teachers]))
                else:
                    losses.append(_cross_entropy(labels[rows], parts[-1], recipe.label_smoothing))
            logits = tf.concat(parts, axis=0)
            loss = tf.reduce_sum(tf.concat(losses, axis=0)) / size
        gradients = tape.gradient(loss, self._weights)
        hits = tf.equal(tf.argmax(logits, axis=1, output_type=tf.int32), labels)
        sums = tf.stack([loss, tf.reduce_sum(tf.cast(hits, tf.float32))])
        context = tf.distribute.get_replica_context()
        if context.num_replicas_in_sync > 1:
            *gradients, sums = _all_reduce([*gradients, sums], context)
        rate = learning_rate(recipe, step, self.steps)
        _APPLY[recipe.optimizer](self._weights, self.slots, gradients, rate, tf.cast(step, tf.float32) + 1.0, recipe)
        return sums

    def _inputs(self, glyphs: tf.Tensor, labels: tf.Tensor, draws: Draws) -> tf.Tensor:
        """What the network sees of some rows: changed at random, then attacked, as far as the recipe says."""
        dtype, recipe = self.model.input.dtype, self.recipe
        if recipe.augmentation is None and recipe.adversary is None:
            return tf.cast(glyphs, dtype) / 255
        x = tf.cast(glyphs, tf.float32) / 255
        if recipe.augmentation is not None:
            x = augment(x, recipe.augmentation, draws)
        if recipe.adversary is not None:
            attack = Pgd(recipe.adversary.epsilon, recipe.adversary.steps)
            x = perturb(self.model, x, labels, attack, draws.uniform(*x.shape[1:], stream=ATTACK, low=-1.0))
        return tf.cast(x, dtype)

    def _logits(self, x: tf.Tensor, draws: Draws) -> tf.Tensor:
        """As the model's, with dropout before its head."""
        features = self._body(x, training=True)
        if rate := self.recipe.network.dropout:
            kept = draws.uniform(features.shape[1], stream=DROPOUT) >= rate
            features = tf.where(kept, features / (1 - rate), tf.zeros_like(features))
        return tf.cast(self._head(features), tf.float32)


def _all_reduce(tensors: list[tf.Tensor], context: tf.distribute.ReplicaContext) -> list[tf.Tensor]:
    """Sums each tensor over all devices, in one exchange instead of one a tensor."""
    flat = tf.concat([tf.reshape(tensor, [-1]) for tensor in tensors], axis=0)
    flat = context.all_reduce(tf.distribute.ReduceOp.SUM, flat)
    parts = tf.split(flat, [tensor.shape.num_elements() for tensor in tensors])
    return [tf.reshape(part, tensor.shape) for part, tensor in zip(parts, tensors, strict=True)]


def _parallel_parts(recipe: Recipe, dtype: str, devices: int) -> int:
    """In how many parts a device's rows go through the network side by side, each on one core.

    With several threads an operation two parts only pay where one would keep a core idle: oneDNN takes a single thread
    for a product whose operands and result fit into the L2 cache.
    """
    network, rows = recipe.network, recipe.batch_size
    if tf.config.threading.get_intra_op_parallelism_threads() == 1:
        return max(1, min(usable_cores(), rows // devices))
    if devices > 1 or not isinstance(network, Mlp):
        return 1
    inputs, outputs = 784, network.hidden[0] if network.hidden else 10
    size = (rows * outputs + inputs * (rows + outputs)) * tf.as_dtype(dtype).size
    return 2 if size < L2_BYTES else 1
