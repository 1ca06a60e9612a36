"""Augmentation inside the graph: each training step sees its glyphs moved, slanted, bent, thickened, blurred, grained.

Keras' random layers keep a state; here all numbers are stateless per row, and pixels are rounded to 1/255 at the end.
Both together are why any number of workers takes the steps that one would take.
"""

from __future__ import annotations

import math

import tensorflow as tf

from inkdigits.image.glyph import CENTER, GLYPH_SIDE
from inkdigits.training.recipe import Augmentation
from inkdigits.training.stateless_random import StatelessRng

AMOUNTS, BENDS, GRAIN = 1, 2, 3  # folded into the step's random numbers


def augment(glyphs: tf.Tensor, augmentation: Augmentation, rng: StatelessRng) -> tf.Tensor:
    """Changes the glyphs of a batch, or some rows of it, at random.

    Args:
        glyphs: Shape `(N, 28, 28)`, float32, 0 to 1.
        augmentation: How much of what.
        rng: Random numbers of these N rows.

    Returns:
        The changed glyphs, same shape, type and range.
    """
    amounts = tf.transpose(rng.fold_in(AMOUNTS).uniform(10, low=-1.0))
    x = glyphs[..., tf.newaxis]
    if augmentation.thickness:
        x = _thicken(x, amounts[0] * augmentation.thickness)
    if augmentation.elastic:
        x = _bend(x, rng.fold_in(BENDS).normal(5, 5, 2), amounts[9] * augmentation.elastic)
    if augmentation.rotate_deg or augmentation.scale or augmentation.shear or augmentation.shift:
        x = tf.raw_ops.ImageProjectiveTransformV3(
            images=x,
            transforms=_transforms(augmentation, amounts[1:7]),
            output_shape=(GLYPH_SIDE, GLYPH_SIDE),
            fill_value=0.0,
            interpolation="BILINEAR",
            fill_mode="CONSTANT",
        )
    if augmentation.blur:
        share = tf.reshape(tf.abs(amounts[7]) * augmentation.blur, (-1, 1, 1, 1))
        x += share * (tf.nn.avg_pool2d(x, 3, 1, "SAME") - x)
    if augmentation.noise:
        deviation = tf.reshape(tf.nn.relu(amounts[8]) * augmentation.noise, (-1, 1, 1, 1))
        x += deviation * rng.fold_in(GRAIN).normal(GLYPH_SIDE, GLYPH_SIDE, 1)
        x = tf.clip_by_value(x, 0.0, 1.0)
    return tf.round(x[..., 0] * 255) / 255


def _thicken(x: tf.Tensor, pixels: tf.Tensor) -> tf.Tensor:
    """Grows (`pixels` > 0) or thins each glyph's strokes by parts of a pixel: a mix with its dilation or erosion."""
    pixels = tf.reshape(pixels, (-1, 1, 1, 1))
    for side in range(2):
        amount = tf.clip_by_value(tf.abs(pixels) - side, 0.0, 1.0)
        grown = tf.nn.max_pool2d(x, 3, 1, "SAME")
        # Thinning by a full erosion would erase a stroke of two pixels: the mean of both keeps its spine.
        thinned = 0.5 * x - 0.5 * tf.nn.max_pool2d(-x, 3, 1, "SAME")
        x += amount * (tf.where(pixels > 0, grown, thinned) - x)
    return x


def _bend(x: tf.Tensor, coarse: tf.Tensor, pixels: tf.Tensor) -> tf.Tensor:
    """Displaces the parts of each glyph smoothly, by the vectors `coarse`, shape `(N, 5, 5, 2)`, times `pixels`.

    Source:
        Simard et al., "Best practices for convolutional neural networks applied to visual document analysis", 2003.
    """
    count = tf.shape(x)[0]
    shifts = tf.image.resize(
        coarse * tf.reshape(pixels, (-1, 1, 1, 1)), (GLYPH_SIDE, GLYPH_SIDE), method="bicubic"
    )  # (N, 28, 28, 2)
    rows, columns = tf.meshgrid(tf.range(float(GLYPH_SIDE)), tf.range(float(GLYPH_SIDE)), indexing="ij")
    places = tf.clip_by_value(tf.stack([rows, columns], axis=-1) + shifts, 0.0, GLYPH_SIDE - 1.001)
    corner = tf.floor(places)
    part = places - corner
    index = tf.cast(corner[..., 0] * GLYPH_SIDE + corner[..., 1], tf.int32)  # (N, 28, 28)
    flat = tf.reshape(x, (count, GLYPH_SIDE * GLYPH_SIDE))
    right, down = part[..., 1], part[..., 0]
    upper = tf.gather(flat, index, batch_dims=1) * (1 - right) + tf.gather(flat, index + 1, batch_dims=1) * right
    index += GLYPH_SIDE
    lower = tf.gather(flat, index, batch_dims=1) * (1 - right) + tf.gather(flat, index + 1, batch_dims=1) * right
    return (upper * (1 - down) + lower * down)[..., tf.newaxis]


def _transforms(augmentation: Augmentation, amounts: tf.Tensor) -> tf.Tensor:
    """Rows of a projective transform from output to input coordinates, shape `(N, 8)`."""
    angle = amounts[0] * (augmentation.rotate_deg * math.pi / 180)
    wide = tf.exp(amounts[1] * augmentation.scale)
    tall = tf.exp(amounts[2] * augmentation.scale)
    slant = amounts[3] * augmentation.shear
    cos, sin = tf.cos(angle), tf.sin(angle)
    a, b = cos * wide, (slant * cos - sin) * tall
    c, d = sin * wide, (slant * sin + cos) * tall
    left = CENTER - (a + b) * CENTER + amounts[4] * augmentation.shift
    top = CENTER - (c + d) * CENTER + amounts[5] * augmentation.shift
    zero = tf.zeros_like(a)
    return tf.stack([a, b, left, c, d, top, zero, zero], axis=1)
