"""Digits set upright by their moments, as classical algorithms like them. Rows of pixels in and out.

Source:
    Y. LeCun et al., "Gradient-based learning applied to document recognition", 1998, which deskews digits for its
    nearest neighbors.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 28


def deskew(rows: NDArray[Any]) -> NDArray[np.float32]:
    """Shears each digit until its ink has no slant, and moves its center of ink to the middle.

    Args:
        rows: Shape `(N, 784)`, 0 to 1.

    Returns:
        The same shape; an empty picture stays as it is.
    """
    images = rows.reshape(-1, SIDE, SIDE).astype(np.float32)
    return np.stack([_upright(image).ravel() for image in images])


def _upright(image: NDArray[np.float32]) -> NDArray[np.float32]:
    moments = cv2.moments(image)
    if not moments["mu02"]:
        return image
    slant = moments["mu11"] / moments["mu02"]
    middle = (SIDE - 1) / 2
    x, y = moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]
    source_of = np.array([[1, slant, x - middle - slant * middle], [0, 1, y - middle]])
    warped = cv2.warpAffine(image, source_of, (SIDE, SIDE), flags=cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR)
    return np.asarray(warped, np.float32)
