"""The data set: glyphs with their labels, checked; and what of a source could not be loaded."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import DataError, InkdigitsError, SettingError
from inkdigits.image.glyph import GLYPH_SIDE, Glyphs
from inkdigits.labels import CLASSES

Labels: TypeAlias = NDArray[np.uint8]
Split: TypeAlias = Literal["train", "test"]

NAMED = 5  # rows or pictures left out; more are only counted
MOST_BYTES = 1 << 31  # that an array of a file may take: 2.7 million glyphs
MOST_REASON = 200  # characters of what a library says of a damaged file


@dataclass(frozen=True)
class LoadIssue:
    """Something of a source that could not be used, while the rest was.

    Attributes:
        where: The file, and the line in it if it has lines.
        reason: What is wrong with it, in one line.
        label: The digit that it is labeled, or None if that is not known.
    """

    where: str
    reason: str
    label: int | None = None

    def __str__(self) -> str:
        """One line: where, and why."""
        return f"{self.where}: {self.reason}"


@dataclass(frozen=True, eq=False)
class Dataset:
    """Glyphs and their labels, in a fixed order.

    Attributes:
        glyphs: Shape `(N, 28, 28)`, uint8; 0 is paper, 255 is full ink.
        labels: Shape `(N,)`, uint8, 0 to 9.
        name: What it is, for reports: `"mnist"`, the name of a file or folder.
        issues: What of the source could not be used.
        sources: The file that each glyph is of, N names; none where glyphs have no files of their own.

    Raises:
        DataError: There are no glyphs, a shape, type or label is not as said, or the counts differ.

    Example:
        >>> len(Dataset(np.zeros((3, 28, 28), np.uint8), np.array([7, 1, 7], np.uint8), "three"))
        3
    """

    glyphs: Glyphs
    labels: Labels
    name: str
    issues: tuple[LoadIssue, ...] = ()
    sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuses what the class docstring says it refuses."""
        _check_shapes(self)
        _check_labels(self)

    def __len__(self) -> int:
        """Number of glyphs."""
        return len(self.labels)

    @property
    def sha256(self) -> str:
        """SHA-256 of the glyphs' bytes, then the labels' bytes: two data sets with the same one are the same."""
        digest = hashlib.sha256(self.glyphs.tobytes())
        digest.update(self.labels.tobytes())
        return digest.hexdigest()

    @property
    def counts(self) -> NDArray[np.int64]:
        """Glyphs per class, shape `(10,)`."""
        return np.bincount(self.labels, minlength=CLASSES)

    def subset(self, indices: NDArray[np.intp]) -> Dataset:
        """The glyphs and labels at some indices, shape `(M,)`, in their order.

        Raises:
            DataError: There are no indices.
        """
        sources = tuple(self.sources[index] for index in indices) if self.sources else ()
        return Dataset(self.glyphs[indices], self.labels[indices], self.name, sources=sources)


def _check_shapes(dataset: Dataset) -> None:
    glyphs, labels, name = dataset.glyphs, dataset.labels, dataset.name
    if glyphs.shape[1:] != (GLYPH_SIDE, GLYPH_SIDE) or glyphs.dtype != np.uint8:
        raise DataError(
            f"Expected glyphs of shape (N, 28, 28), uint8, in {name}. Received: {glyphs.shape}, {glyphs.dtype}.",
            hint="Pictures of another size become glyphs when they come from a folder.",
        )
    if labels.ndim != 1 or labels.dtype != np.uint8:
        raise DataError(
            f"Expected labels of shape (N,), uint8, in {name}. Received: {labels.shape}, {labels.dtype}.",
            hint="Give one number per glyph, not a row of probabilities.",
        )
    if len(glyphs) != len(labels) or len(dataset.sources) not in (0, len(labels)):
        files = f", {len(dataset.sources)} files" if dataset.sources else ""
        counts = f"{len(glyphs)} glyphs, {len(labels)} labels{files}"
        raise DataError(
            f"Expected as many labels as glyphs in {name}. Received: {counts}.",
            hint="Check that both come from the same split.",
        )
    if not len(glyphs):
        raise DataError(
            f"Expected at least one glyph in {name}. Received: none{_first_of(dataset.issues)}.",
            hint="Check that it is the file or folder you meant.",
        )


def _check_labels(dataset: Dataset) -> None:
    wrong = np.flatnonzero(dataset.labels >= CLASSES)
    if len(wrong):
        index = int(wrong[0])
        raise DataError(
            f"Expected labels of 0 to 9 in {dataset.name}. Received: {len(wrong)} others, the first "
            f"{dataset.labels[index]} at index {index}.",
            hint="Leave out non-digits.",
        )


def _first_of(issues: tuple[LoadIssue, ...]) -> str:
    return f", and {len(issues)} that cannot be used, the first: {str(issues[0]).rstrip('.')}" if issues else ""


def left_out_lines(issues: Sequence[LoadIssue], labels: NDArray[np.integer]) -> list[str]:
    """What was left out, in words: the first rows or pictures, how many there are, and classes that are nearly lost.

    Args:
        issues: What was left out.
        labels: Labels of the rest, shape `(N,)`.

    Returns:
        At most five lines of single issues, then a summary if there are more.
    """
    lines = [f"left out {issue}" for issue in issues[:NAMED]]
    if len(issues) <= NAMED:
        return lines
    lost, left = Counter(issue.label for issue in issues if issue.label is not None), Counter(labels.tolist())
    by_class = ", ".join(f"{lost[label]:,} of class {label}" for label in sorted(lost))
    every = len(issues) + len(labels)
    lines.append(f"left out {len(issues):,} of {every:,} in all{f': {by_class}' if by_class else ''}")
    nearly = (label for label in sorted(lost) if lost[label] > left[label])
    return lines + [f"warning: of class {label} only {left[label]:,} are left" for label in nearly]


def add_issue(issues: list[LoadIssue], issue: LoadIssue, *, strict: bool) -> None:
    """Adds an issue to those found so far, or stops at it.

    Args:
        issues: Those found so far.
        issue: The new one.
        strict: Whether the first issue ends the loading.

    Raises:
        DataError: `strict` is set.
    """
    if strict:
        raise DataError(
            f"Expected data without unusable rows or pictures. Received: {str(issue).rstrip('.')}.",
            hint="Fix it, or load with strict=False to leave it out.",
        )
    issues.append(issue)


@contextmanager
def damage_reported(kind: str, path: Path) -> Iterator[None]:
    """Turns whatever reading a file raises into a `DataError`: of a damaged file that may be anything.

    Args:
        kind: What was expected, such as `"an IDX file"`.
        path: Path of the file.
    """
    try:
        yield
    except InkdigitsError:
        raise
    except Exception as error:
        said = error.strerror if isinstance(error, OSError) else None
        reason = said or f"{type(error).__name__}: {' '.join(str(error).split())[:MOST_REASON].rstrip('.')}"
        raise DataError(f"Expected {kind} at {path}. Received: {reason}.", hint="Check it or copy it again.") from error


def check_split(split: str) -> None:
    """Refuses any split but `"train"` and `"test"`.

    Raises:
        SettingError: It is another.
    """
    if split not in get_args(Split):
        raise SettingError(
            f"Expected a split of 'train' or 'test'. Received: {split!r}.",
            hint="A validation split is cut from the training split by validation_split().",
        )
