"""The gate on training: what `make demo` trained last, `convnet` with three epochs, by its validation digits."""

import json
from pathlib import Path

LEAST_ACCURACY, LEAST_AGREEMENT = 0.985, 0.999  # of the Keras model; of the packed model with it

card = max(Path("demo").glob("run-*/packed/card.json"), key=lambda path: path.stat().st_mtime)
scores = json.loads(card.read_text(encoding="utf-8"))["scores"]
accuracy, agreement = scores["validation"]["accuracy"], scores["keras"]["labels_agree"]
print(f"validation accuracy {accuracy:.2%} (least {LEAST_ACCURACY:.2%}), packed as trained {agreement:.2%}")
if accuracy < LEAST_ACCURACY or agreement < LEAST_AGREEMENT:
    raise SystemExit(f"error: {card} is below what is expected")
