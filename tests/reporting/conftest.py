"""A report with every section that there is."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from inkdigits.models.operating_points import RiskBound
from inkdigits.reporting.result import Baseline, EvaluationResult, Example
from inkdigits.robustness.result import CorruptionAccuracy, OodScore, Robustness, SeverityCurve


@pytest.fixture(scope="session")
def full():
    """1000 digits, 100 of each; every other three is read as five, so that one cell of the matrix has 50 mistakes."""
    rng, labels = np.random.default_rng(0), np.arange(1000) % 10
    answers = np.where(np.arange(1000) % 20 == 3, 5, labels)
    probabilities = 0.9 * np.eye(10)[answers] + 0.01
    glyphs = rng.integers(0, 256, (1000, 28, 28), np.uint8)
    picture = BytesIO()
    Image.new("L", (640, 200), 200).save(picture, "PNG")
    history = [
        {"epoch": epoch, "loss": 0.3, "accuracy": 0.9, "validation_loss": 0.1, "validation_accuracy": 0.97}
        for epoch in (1, 2)
    ]
    attacks = {name: dict.fromkeys((0.05, 0.1, 0.2, 0.3), 0.5) for name in ("one step", "many steps, packed")}
    return EvaluationResult(
        name="tiny 1",
        title="In a browser",
        facts={"model": "a long name " * 9, "sha256": "0123456789abcdef" * 4},
        labels=labels,
        probabilities=probabilities,
        glyphs=glyphs,
        history=history,
        risk_bounds=[RiskBound(0.684, 0.05, 0.9, 0.04), RiskBound(0.9, 0.01, 0.8, 0.008)],
        rejected=np.arange(1000) % 50 == 0,
        corrections={3: 5},
        examples=[
            Example("a-long-name-of-a-picture-without-a-space.png", picture.getvalue(), glyphs[0], "7, sure"),
            Example("blank.png", picture.getvalue(), None, "rejected: blank"),
        ],
        baseline=Baseline("the other", np.eye(10)[np.where(np.arange(1000) % 20 == 7, 1, labels)]),
        robustness=Robustness(
            count=1000,
            clean=CorruptionAccuracy(0.99, 0.98),
            corruptions={name: CorruptionAccuracy(0.9, 0.8) for name in ("shot noise", "fog", "canny edges")},
            curves={name: SeverityCurve("degrees", [0, 10, 20], [0.99, 0.9, 0.5]) for name in ("rotation", "blur")},
            out_of_distribution={"letters": OodScore(100, 0.99, 0.05)},
            attacks=attacks,
        ),
        reproduce={"command": "inkdigits evaluate model.inkdigits --data mnist/test --out report " * 2},
    )
