"""Threads of OpenCV, which wait for work on the cores that other processes could use."""

from collections.abc import Iterator
from contextlib import contextmanager

import cv2


@contextmanager
def single_thread() -> Iterator[None]:
    """Lets OpenCV compute with one thread, in the whole process, until it is left."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
