"""Labels of the digit task: ten digits, and a reject class that some models have. Knows nothing of the rest."""

from __future__ import annotations

CLASSES = 10
NOT_A_DIGIT = 10  # label of the reject class, after 0 to 9
