"""Conversion: a float32 Keras model in, the bytes of a LiteRT file out."""

from __future__ import annotations

import warnings
from contextlib import redirect_stdout
from io import StringIO

import keras
import numpy as np
import tensorflow as tf
from tensorflow.lite.tools import flatbuffer_utils

from inkdigits.image.glyph import Glyphs

CALIBRATION_COUNT = 1000  # training glyphs that show the converter the range of every layer


def convert(model: keras.Model, weights: str, calibration: Glyphs) -> bytes:
    """Converts a float32 Keras model to LiteRT.

    Args:
        model: `(N, 28, 28)` from 0 to 1 → logits.
        weights: `"int8"` (takes uint8 glyphs: their 1/255 is the input's own scale) or `"float32"` (takes 0 to 1).
        calibration: Glyphs that set the ranges of int8, shape `(N, 28, 28)`, uint8.

    Returns:
        The content of a `.tflite` file.
    """
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if weights == "int8":
        chosen = calibration[:: max(1, len(calibration) // CALIBRATION_COUNT)][:CALIBRATION_COUNT]
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([g[np.newaxis].astype(np.float32) / 255.0] for g in chosen)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.uint8
        converter.inference_output_type = tf.float32
    with warnings.catch_warnings(), redirect_stdout(StringIO()):
        warnings.simplefilter("ignore")  # the converter warns of its own defaults, and prints where it keeps its drafts
        content: bytes = converter.convert()
    return _without_names(content)


def _without_names(content: bytes) -> bytes:
    """The same network without the names of its layers, which are a quarter of the smallest ones' files."""
    model = flatbuffer_utils.read_model_from_bytearray(bytearray(content))
    flatbuffer_utils.strip_strings(model)
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))
