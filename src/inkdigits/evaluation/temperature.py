"""Temperature: labels and logits in, one number out that turns scores into confidence. Arrays only."""

from __future__ import annotations

from math import exp, log

import numpy as np

from inkdigits.evaluation.checks import Labels, Probabilities, check_labels, check_range, check_scores

LEAST_TEMPERATURE = 0.05
MOST_TEMPERATURE = 20.0  # 1 / LEAST_TEMPERATURE, so that the search starts at 1
HALVINGS = 50  # of the range of log T: finer than a double tells apart


def fit_temperature(labels: Labels, logits: Probabilities) -> float:
    """Finds the temperature whose division makes the softmax of logits fit the labels best.

    The negative log-likelihood is convex in 1/T, so its slope changes sign once; bisection on log T finds where. Fit it
    on a validation split; logits that are right on every label fit the better the lower it is, and give the least one.

    Args:
        labels: Shape `(N,)`, integers.
        logits: Shape `(N, classes)`.

    Returns:
        The temperature, 0.05 to 20: above 1 if the model is too sure of itself, 1 if the logits tell nothing.

    Raises:
        DataError: They are empty, of shapes that do not fit, or not finite.

    Source:
        Guo et al., "On calibration of modern neural networks", 2017, section 4.2.

    Example:
        >>> logits = np.array([[4.0, 0.0], [4.0, 0.0], [4.0, 0.0], [4.0, 0.0]])
        >>> round(fit_temperature(np.array([0, 0, 0, 1]), logits), 3)  # three of four are right: 4 / T = ln 3
        3.641
    """
    truth = check_labels("labels", labels)
    scores = check_scores("logits", logits, count=len(truth))
    check_range("labels", truth, scores.shape[1])
    margins = scores - scores[np.arange(len(truth)), truth][:, None]  # over the truth's own logit
    low, high = log(LEAST_TEMPERATURE), log(MOST_TEMPERATURE)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        scaled = margins / exp(middle)
        weights = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        # d NLL / d (1/T), in logits: above 0 the model is too sure
        slope = float(np.sum(np.sum(weights * margins, axis=1) / np.sum(weights, axis=1)))
        if slope == 0:
            return exp(middle)
        low, high = (middle, high) if slope > 0 else (low, middle)
    return exp((low + high) / 2)
