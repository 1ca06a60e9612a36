"""`inkdigits models`: what ships, and what is known about a model."""

from __future__ import annotations

import click

from inkdigits.cli.terminal import show
from inkdigits.names import printable_json


@click.command("models", short_help="List the packed models, or describe one.")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the model's card as JSON.")
def command(name: str | None, as_json: bool) -> None:
    """Lists the packed models that ship, or describes one: a name, a folder, or a run.

    \b
    Examples:
      inkdigits models
      inkdigits models default
      inkdigits models default --json
    """
    from inkdigits.models.card import MODEL_NAME, load_card
    from inkdigits.models.page import model_page
    from inkdigits.models.zoo import find_model, model_names

    if name is not None:
        folder = find_model(name)
        card = load_card(folder)
        text = printable_json(card.to_json()) if as_json else model_page(card, (folder / MODEL_NAME).stat().st_size)
        show(*text.splitlines())
        return
    if as_json:
        raise click.UsageError("Expected a model's name with --json.")
    for known in model_names():
        folder = find_model(known)
        card = load_card(folder)
        size = (folder / MODEL_NAME).stat().st_size / 1000
        accuracy = card.scores.get("validation", {}).get("accuracy", float("nan"))
        show(
            f"{known:12} version {card.version}  {card.weights}  {card.parameters:>9,} parameters  {size:6.0f} kB  "
            f"validation accuracy {accuracy:.2%}"
        )
