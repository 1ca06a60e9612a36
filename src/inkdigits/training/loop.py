"""The training loop: many steps inside one compiled loop, glyphs resident in memory, no Python per step.

Takes a model, a recipe and glyphs; changes the model's weights. All randomness (order, augmentation, dropout) is a
function of the seed and the step. A trainer that is put back to a step continues as if it had never stopped. Workers
that share each batch take the steps that one would take alone. It reads and writes no files.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from inkdigits.errors import TrainingError
from inkdigits.training.distributed.cluster import sum_over_replicas
from inkdigits.training.dropout import dropout_rng
from inkdigits.training.execution import Execution, choose_shards
from inkdigits.training.optimizers import SLOTS, apply_gradients
from inkdigits.training.precision import Precision
from inkdigits.training.predict import Score
from inkdigits.training.recipe import Recipe
from inkdigits.training.stateless_random import StatelessRng
from inkdigits.training.tasks import digit


class Trainer:
    """Trains one model on one set of glyphs.

    Args:
        model: As `network.build` gives it, within the scope of the workers' strategy.
        recipe: The configuration.
        glyphs: Shape `(N, 28, 28)`, uint8; the same for all workers.
        labels: Shape `(N,)`, below the number of the model's logits.
        seed: Seed of order, augmentation and dropout.
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
                hint="Give more glyphs or a smaller batch_size.",
            )
        self.model = model
        self.recipe = recipe
        self.seed = seed
        self.precision = Precision(model.input.dtype)
        self.step = 0
        self.steps = recipe.steps(len(glyphs))
        self.steps_per_epoch = len(glyphs) // recipe.batch_size
        self._teachers = teachers
        execution = execution or Execution()
        self._workers = execution.workers
        strategy = self._workers.strategy
        self._weights = [weight.value for weight in model.trainable_variables]
        with strategy.scope():
            self._slots = {
                name: [tf.Variable(tf.zeros(weight.shape)) for weight in self._weights]
                for name in SLOTS[recipe.optimizer]
            }
        self._shards = execution.shards or choose_shards(recipe, model.input.dtype, strategy.num_replicas_in_sync)
        self._glyphs = tf.constant(glyphs)
        self._labels = tf.constant(labels.astype(np.int32))
        self._order: tuple[int, tf.Tensor] = (-1, tf.zeros(0, tf.int32))
        self._loop = tf.function(self._run, reduce_retracing=True, autograph=False)

    @property
    def epoch(self) -> float:
        """Epochs done, with the part of the one under way."""
        return self.step / self.steps_per_epoch

    @property
    def variables(self) -> dict[str, tf.Variable]:
        """All variables that a training needs to go on, by name: weights, and the optimizer's slots of each."""
        weights = {f"weights/{variable.path}": variable for variable in self.model.weights}
        paths = [variable.path for variable in self.model.trainable_variables]
        slots = [zip(paths, slot, strict=True) for slot in self._slots.values()]
        names = zip(self._slots, slots, strict=True)
        return weights | {f"{name}/{path}": slot for name, pairs in names for path, slot in pairs}

    def compile(self) -> None:
        """Builds the loop without taking a step, as the first `run` would, so that its time can be told apart."""
        self._loop(self.order(0), *(tf.constant(0, tf.int32) for _ in range(3)))

    def run(self, count: int) -> Score:
        """Takes `count` steps, at most to the end of this epoch and of the recipe.

        Returns:
            The mean training loss and accuracy over these steps, dropout and augmentation included.

        Raises:
            TrainingError: The loss is no longer finite, or another worker is gone.
        """
        in_epoch = self.step % self.steps_per_epoch
        count = min(count, self.steps_per_epoch - in_epoch, self.steps - self.step)
        order = self.order(self.step // self.steps_per_epoch)
        with self._workers.report_lost_workers():
            sums = self._loop(order, *(tf.constant(n, tf.int32) for n in (self.step, count, in_epoch)))
            loss, correct = sums.numpy()
        score = Score(float(loss) / count, float(correct) / (count * self.recipe.batch_size))
        if not np.isfinite(score.loss):
            raise TrainingError(
                f"Expected a finite loss. Received: {score.loss} by step {self.step + count}.",
                hint=f"Lower learning_rate (now {self.recipe.learning_rate}).",
            )
        self.step += count
        return score

    def order(self, epoch: int) -> tf.Tensor:
        """The indices of all glyphs in the order of an epoch, shape `(N,)`, int32."""
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
        size = self.recipe.batch_size
        context = tf.distribute.get_replica_context()
        device = int(tf.get_static_value(context.replica_id_in_sync_group))
        first, last = (bound * size // context.num_replicas_in_sync for bound in (device, device + 1))
        glyphs, labels = (tf.gather(array, batch[first:last]) for array in (self._glyphs, self._labels))
        cuts = [first + shard * (last - first) // self._shards for shard in range(self._shards + 1)]
        with tf.GradientTape() as tape:
            shards = [
                self._forward(step, glyphs[start - first : stop - first], labels[start - first : stop - first], start)
                for start, stop in pairwise(cuts)
            ]
            logits, losses = (tf.concat(parts, axis=0) for parts in zip(*shards, strict=True))
            loss = tf.reduce_sum(losses) / size
        gradients = tape.gradient(loss, self._weights)
        sums = tf.stack([loss, tf.reduce_sum(digit.score(logits, labels))])
        *gradients, sums = sum_over_replicas([*gradients, sums], context)
        apply_gradients(
            self._weights, self._slots, gradients, recipe=self.recipe, step=step, steps=self.steps
        )  # fmt: skip
        return sums

    def _forward(
        self, step: tf.Tensor, glyphs: tf.Tensor, labels: tf.Tensor, start: int
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Logits and losses of the rows of one shard, which starts at a row of the batch."""
        recipe = self.recipe
        rng = StatelessRng(tf.stack([self.seed, step]), recipe.batch_size, start, start + glyphs.shape[0])
        x = digit.inputs(glyphs, labels, recipe=recipe, model=self.model, rng=rng)
        with dropout_rng(rng):
            logits = tf.cast(self.model(x, training=True), tf.float32)
        if self._teachers:
            return logits, digit.distillation_loss(logits, [teacher(x) for teacher in self._teachers])
        return logits, digit.loss(logits, labels, smoothing=recipe.label_smoothing)
