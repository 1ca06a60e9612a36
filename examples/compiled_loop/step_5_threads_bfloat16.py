"""Step 5 of 5: one thread per operation, and products in bfloat16."""

import os
import time

import tensorflow as tf
from five_steps import BATCH, EPOCHS, STEPS, build_network, loss, report, x, y

tf.config.threading.set_intra_op_parallelism_threads(1)  # threads of one operation
tf.config.threading.set_inter_op_parallelism_threads(os.cpu_count() or 1)  # operations at the same time
clock = [time.perf_counter()]
model = build_network("mixed_bfloat16")
glyphs, labels = tf.constant(x), tf.constant(y)  # in memory, within reach of a compiled step
weights = [weight.value for weight in model.trainable_variables]
means, squares = ([tf.Variable(tf.zeros(weight.shape)) for weight in weights] for _ in range(2))
steps_done = tf.Variable(0)


def train_step(order: tf.Tensor) -> tf.Tensor:
    """Trains on the next batch of the order; returns its loss."""
    start = steps_done % STEPS * BATCH
    batch = tf.ensure_shape(order[start : start + BATCH], [BATCH])
    with tf.GradientTape() as tape:
        batch_loss = loss(tf.gather(labels, batch), model(tf.gather(glyphs, batch), training=True))
    gradients = tape.gradient(batch_loss, weights)
    count = tf.cast(steps_done.assign_add(1), tf.float32)
    for weight, mean, square, gradient in zip(weights, means, squares, gradients, strict=True):
        tf.raw_ops.ResourceApplyAdam(
            var=weight.handle, m=mean.handle, v=square.handle, grad=gradient, lr=1e-3, beta1=0.9, beta2=0.999,
            beta1_power=tf.pow(0.9, count), beta2_power=tf.pow(0.999, count), epsilon=1e-7,
        )  # fmt: skip
    return batch_loss


@tf.function
def train_epoch() -> tf.Tensor:
    """Trains on all digits once, in random order; returns the mean loss."""
    order = tf.random.shuffle(tf.range(STEPS * BATCH))
    total = 0.0
    for _ in tf.range(STEPS):  # becomes a loop of TensorFlow's
        total += train_step(order)
    return total / STEPS


for _ in range(EPOCHS):
    train_epoch().numpy()
    clock.append(time.perf_counter())
report(model, clock)
