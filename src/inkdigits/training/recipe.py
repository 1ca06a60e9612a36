"""Recipes: complete training configurations, checked. Without TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from inkdigits.errors import SettingError
from inkdigits.synthesis.mixture import Mixture

Activation = Literal["relu", "sigmoid", "tanh", "linear"]
Precision = Literal["auto", "float32", "bfloat16"]
ACTIVATIONS = ("relu", "sigmoid", "tanh", "linear")
OPTIMIZERS = ("adam", "sgd")
PRECISIONS = ("auto", "float32", "bfloat16")
SCHEDULES = ("constant", "triangular")


@dataclass(frozen=True, kw_only=True)
class Mlp:
    """A multilayer perceptron: flattened glyph, dense hidden layers, logits.

    Attributes:
        hidden: Neurons of each hidden layer, first to last.
        activation: Nonlinearity after each hidden layer.
        dropout: Share of the last hidden layer's outputs that training drops.
        initializer: `"glorot_uniform"`, Keras' default, or `"truncated_normal"` (sd 0.1, biases 0.1).
    """

    hidden: tuple[int, ...]
    activation: Activation = "relu"
    dropout: float = 0.0
    initializer: Literal["glorot_uniform", "truncated_normal"] = "glorot_uniform"


@dataclass(frozen=True, kw_only=True)
class Convnet:
    """A plain convolution network: stages of 3×3 convolutions without padding, each ended by 2×2 max-pooling.

    Attributes:
        stages: For each stage, the filters of its convolutions.
        stem: Filters, an even number, of a 6×6 convolution with stride 2 before the stages. They are principal
            components and are not trained (see `pca_stem`); 0 for none.
        hidden: Neurons of the dense layers between the stages and the logits; may be empty.
        activation: Nonlinearity after each convolution and hidden layer.
        dropout: Share of the last layer's inputs that training drops.
        soft_binarization: Steepness of a sigmoid around half ink that glyphs go through first; 0 for none.
    """

    stages: tuple[tuple[int, ...], ...]
    stem: int = 0
    hidden: tuple[int, ...] = ()
    activation: Activation = "relu"
    dropout: float = 0.0
    soft_binarization: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Adversary:
    """Adversarial training: each glyph is attacked at each step by projected gradient descent.

    Attributes:
        epsilon: The most that a pixel may change, full ink is 1 (L∞).
        steps: Steps of the attack; each costs as much as one of the training.
    """

    epsilon: float
    steps: int


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Random changes to each glyph at each step; an amount is drawn uniformly from minus to plus the one given.

    Attributes:
        rotate_deg: Turn, degrees.
        scale: Growth or shrinkage, as a share, for width and height on their own.
        shear: Slant, horizontal pixels per vertical pixel.
        shift: Translation, pixels.
        thickness: Stroke growth or shrinkage, pixels on each side, 0 to 2.
        blur: Share of a 3×3 mean mixed in, 0 to 1; drawn from 0 up.
        noise: Standard deviation of Gaussian noise, as a share of full ink; drawn from 0 up.
        elastic: Standard deviation, down and across, of random displacements at 5×5 places of the glyph, between which
            those of all others lie; pixels; drawn from 0 up.
    """

    rotate_deg: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    shift: float = 0.0
    thickness: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    elastic: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A complete training configuration.

    Attributes:
        name: What `--recipe` takes.
        summary: One line: the network, where it comes from, what it reaches.
        network: The architecture.
        epochs: Passes over the training glyphs.
        max_steps: Ends training after so many batches, whatever `epochs` says; None for no such limit.
        batch_size: Glyphs per step.
        optimizer: `"adam"` or `"sgd"` (momentum 0.9).
        learning_rate: The constant rate, or the peak of `"triangular"`.
        betas: Adam's decay rates of the mean gradient and of the mean squared gradient, per step.
        schedule: `"constant"`, or `"triangular"`: linearly up from 4 % over the first quarter of all steps, then
            linearly down to zero.
        label_smoothing: Probability mass spread over all classes, 0 to 1.
        augmentation: Random changes to the training glyphs; None for none.
        adversary: Attacks the glyphs after all other changes; None for no attack.
        synthesis: Glyphs of synthesized pictures that are trained on besides the data; None for none.
        tta: Whether the packed model uses test-time augmentation for uncertain glyphs.
        precision: Number format of matrix products: `"bfloat16"`, `"float32"`, or `"auto"`: the faster of the two, as
            measured on this machine when the training starts.
    """

    name: str
    summary: str
    network: Mlp | Convnet
    epochs: int
    max_steps: int | None = None
    batch_size: int = 128
    optimizer: Literal["adam", "sgd"] = "adam"
    learning_rate: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    schedule: Literal["constant", "triangular"] = "constant"
    label_smoothing: float = 0.0
    augmentation: Augmentation | None = None
    adversary: Adversary | None = None
    synthesis: Mixture | None = None
    tta: bool = False
    precision: Precision = "auto"

    def __post_init__(self) -> None:
        _check_recipe(self)

    @property
    def rejects(self) -> bool:
        """Whether the network has an eleventh class, for pictures of non-digits."""
        return self.synthesis is not None and self.synthesis.rejects

    def with_batch_of_at_most(self, count: int) -> Recipe:
        """This recipe, for data of so many glyphs: with all of them in a batch if they are fewer than one."""
        return replace(self, batch_size=min(self.batch_size, count))

    def steps(self, count: int) -> int:
        """Steps of the whole training on `count` glyphs; the last, incomplete batch of an epoch is left out."""
        steps = self.epochs * (count // self.batch_size)
        return steps if self.max_steps is None else min(steps, self.max_steps)


def _check_recipe(recipe: Recipe) -> None:
    network = recipe.network
    sizes, stem, steepness = network.hidden, 0, 0.0
    if isinstance(network, Convnet):
        sizes = (*sizes, *(n for stage in network.stages for n in stage))
        stem, steepness = network.stem, network.soft_binarization
    limits = [
        ("epochs", recipe.epochs, recipe.epochs >= 1, "1 or more"),
        ("max_steps", recipe.max_steps, recipe.max_steps is None or recipe.max_steps >= 1, "1 or more"),
        ("batch_size", recipe.batch_size, recipe.batch_size >= 1, "1 or more"),
        ("learning_rate", recipe.learning_rate, 0 < recipe.learning_rate <= 10, "above 0, at most 10"),
        ("betas", recipe.betas, all(0 <= beta < 1 for beta in recipe.betas), "0 or more, below 1"),
        ("label_smoothing", recipe.label_smoothing, 0 <= recipe.label_smoothing < 1, "0 or more, below 1"),
        ("dropout", network.dropout, 0 <= network.dropout < 1, "0 or more, below 1"),
        ("stem", stem, stem >= 0 and stem % 2 == 0, "an even number of filters, or 0"),
        ("soft_binarization", steepness, steepness >= 0, "0 or more"),
        ("adversary", recipe.adversary, _is_attack(recipe.adversary), "0 < epsilon <= 1 in 1 or more steps"),
        ("hidden", network.hidden, all(1 <= n <= 65536 for n in sizes), "sizes of 1 to 65536"),
        ("activation", network.activation, network.activation in ACTIVATIONS, " or ".join(ACTIVATIONS)),
        ("optimizer", recipe.optimizer, recipe.optimizer in OPTIMIZERS, " or ".join(OPTIMIZERS)),
        ("schedule", recipe.schedule, recipe.schedule in SCHEDULES, " or ".join(SCHEDULES)),
        ("precision", recipe.precision, recipe.precision in PRECISIONS, " or ".join(PRECISIONS)),
    ]
    for name, value, good, expected in limits:
        if not good:
            raise SettingError(f"Expected {name} of {expected}. Received: {value!r}.", hint=f"Set another {name}.")


def _is_attack(adversary: Adversary | None) -> bool:
    return adversary is None or (0 < adversary.epsilon <= 1 and adversary.steps >= 1)


_NETWORK_FIELDS = {"hidden", "activation", "dropout"}


def change(recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    """Gives a recipe with some settings changed; settings that are None stay as they are.

    Args:
        recipe: The recipe to start from.
        settings: Fields of `Recipe`, or `hidden`, `activation` and `dropout` of its network.

    Returns:
        The changed recipe, or `recipe` itself if nothing changes.

    Raises:
        SettingError: A setting is out of its range, or no recipe has it.
    """
    given = {name: value for name, value in settings.items() if value is not None}
    known = {field.name for field in fields(Recipe)} | _NETWORK_FIELDS
    if unknown := sorted(set(given) - known):
        raise SettingError(f"Expected settings among {sorted(known)}. Received: {unknown}.", hint="Check the names.")
    inner = {name: given.pop(name) for name in _NETWORK_FIELDS & given.keys()}
    if inner:
        given["network"] = replace(given.get("network", recipe.network), **inner)
    return replace(recipe, **given) if given else recipe


def recipe_from_dict(data: dict[str, Any]) -> Recipe:
    """Rebuilds a recipe from `dataclasses.asdict(recipe)` that went through JSON, as `run.json` holds it.

    Names of earlier versions are understood: `views`, `contrast` and `one-cycle`.
    """
    data, network = dict(data), dict(data["network"])
    if "views" in data:
        data["tta"] = data.pop("views")
    if "contrast" in network:
        network["soft_binarization"] = network.pop("contrast")
    if data.get("schedule") == "one-cycle":
        data["schedule"] = "triangular"
    network["hidden"] = tuple(network["hidden"])
    if "stages" in network:
        network["stages"] = tuple(tuple(stage) for stage in network["stages"])
    augmentation, adversary, synthesis = (data.get(name) for name in ("augmentation", "adversary", "synthesis"))
    return Recipe(
        **{
            **data,
            "betas": tuple(data.get("betas", Recipe.betas)),
            "network": Convnet(**network) if "stages" in network else Mlp(**network),
            "augmentation": None if augmentation is None else Augmentation(**augmentation),
            "adversary": None if adversary is None else Adversary(**adversary),
            "synthesis": None if synthesis is None else Mixture(**synthesis),
        }
    )
