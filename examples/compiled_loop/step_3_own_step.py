"""Step 3 of 5: a compiled training step of our own, called once per batch."""

import time

import tensorflow as tf
from five_steps import BATCH, EPOCHS, STEPS, build_network, loss, report, x, y

clock = [time.perf_counter()]
model = build_network()
glyphs, labels = tf.constant(x), tf.constant(y)  # in memory, within reach of a compiled step
weights = [weight.value for weight in model.trainable_variables]
means, squares = ([tf.Variable(tf.zeros(weight.shape)) for weight in weights] for _ in range(2))
steps_done = tf.Variable(0)


@tf.function
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


for _ in range(EPOCHS):
    order = tf.random.shuffle(tf.range(STEPS * BATCH))
    losses = [train_step(order) for _ in range(STEPS)]
    tf.reduce_mean(losses).numpy()  # waits for the last step
    clock.append(time.perf_counter())
report(model, clock)
