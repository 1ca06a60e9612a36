"""A network for your own digits: trained on a folder of pictures, packed, and used to read.

    python examples/own_data.py FOLDER [OUTPUT] [EPOCHS]

FOLDER has a folder for each digit, `0` to `9`, with pictures of it. OUTPUT must not exist yet.
"""

import sys
from pathlib import Path

import inkdigits
from inkdigits.data.source import load_dataset
from inkdigits.training.recipe import change
from inkdigits.training.recipes import find_recipe

folder = sys.argv[1]
output = Path(sys.argv[2] if len(sys.argv) > 2 else "runs/own")
epochs = int(sys.argv[3]) if len(sys.argv) > 3 else None

# What could be used, and what could not.
dataset = load_dataset(folder)
print(f"{len(dataset)} digits, by class: {dataset.counts.tolist()}")
for issue in dataset.issues[:5]:
    print(f"left out: {issue}")

# Training: a run is a folder with the weights, the history and the packed model.
recipe = change(find_recipe("mlp-128"), {"epochs": epochs})
run = inkdigits.train(recipe, data=folder, output=output)
scores = run.state.scores["validation"]
print(f"right on {scores['count']} digits that it was not trained on: {scores['accuracy']:.1%}")

# Reading with it needs no TensorFlow. This picture was trained on: try others, too.
recognizer = inkdigits.Recognizer.load(run.folder)
picture = Path(folder, dataset.sources[0])
page = recognizer.read(picture)
print(f"{picture.name}: {page.text or '?'} ({page.status})")
