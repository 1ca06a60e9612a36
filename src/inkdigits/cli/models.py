"""`inkdigits models`: what ships, what is known about a model, and whether a foreign one crashes."""

from __future__ import annotations

import click

from inkdigits.cli.terminal import show
from inkdigits.names import printable_json


@click.command("models", short_help="List the packed models, describe or verify one.")
@click.argument("name", required=False, metavar="[[verify] NAME]")
@click.argument("folder", required=False, metavar="")
@click.option("--json", "as_json", is_flag=True, help="Print the model's card as JSON.")
def command(name: str | None, folder: str | None, as_json: bool) -> None:
    """Lists the packed models that ship, or describes one: a name, a folder, or a run.

    With verify before it, a foreign model's first inference is run in a process of its own, and only that process can
    crash. Commands that use a foreign model do this once by themselves. It finds networks that crash, not wrong
    answers: trust a foreign model like a program. A folder of the name verify is ./verify.

    \b
    Examples:
      inkdigits models
      inkdigits models default
      inkdigits models default --json
      inkdigits models verify FOLDER
    """
    if folder is not None:
        if name != "verify" or as_json:
            raise click.UsageError(f"Got unexpected extra argument ({folder})")
        _verify(folder)
        return
    from inkdigits.models.card import MODEL_NAME, load_card
    from inkdigits.models.page import model_page
    from inkdigits.models.zoo import find_model, model_names

    if name is not None:
        place = find_model(name)
        card = load_card(place)
        text = printable_json(card.to_json()) if as_json else model_page(card, (place / MODEL_NAME).stat().st_size)
        show(*text.splitlines())
        return
    if as_json:
        raise click.UsageError("Expected a model's name with --json.")
    for known in model_names():
        place = find_model(known)
        card = load_card(place)
        size = (place / MODEL_NAME).stat().st_size / 1000
        accuracy = card.scores.get("validation", {}).get("accuracy", float("nan"))
        show(
            f"{known:12} version {card.version}  {card.weights}  {card.parameters:>9,} parameters  {size:6.0f} kB  "
            f"validation accuracy {accuracy:.2%}"
        )


def _verify(name: str) -> None:
    from inkdigits.models.classifier import PackedModel
    from inkdigits.models.runtime import read_packed
    from inkdigits.models.verify import verify_network
    from inkdigits.models.zoo import find_model

    card, content = read_packed(find_model(name))
    verify_network(card, content, again=True)
    PackedModel.from_content(card, content)
    show(f"{card.name}: a sound network of {len(content) / 1000:.1f} kB, {len(card.classes)} classes")
