"""`inkdigits models`: what ships, and the card of a model."""

from __future__ import annotations

import click


@click.command("models", short_help="List the packed models, or show one's card.")
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """Lists the packed models that ship, or shows the card of one: a name, a folder, or a run.

    \b
    Examples:
      inkdigits models
      inkdigits models default
    """
    from inkdigits.models.card import MODEL_NAME, load_card
    from inkdigits.models.zoo import find_model, model_names

    if name is not None:
        click.echo(load_card(find_model(name)).to_json(), nl=False)
        return
    for known in model_names():
        folder = find_model(known)
        card = load_card(folder)
        size = (folder / MODEL_NAME).stat().st_size / 1000
        accuracy = card.scores.get("validation", {}).get("accuracy", float("nan"))
        click.echo(
            f"{known:12} version {card.version}  {card.weights}  {card.parameters:>9,} parameters  {size:6.0f} kB  "
            f"validation accuracy {accuracy:.2%}"
        )
