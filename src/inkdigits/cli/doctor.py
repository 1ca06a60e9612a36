"""`inkdigits doctor`: says what works here and what is missing."""

from __future__ import annotations

from collections.abc import Callable

import click

from inkdigits.cli.terminal import show

EXTRAS = {
    "train": ("tensorflow", "keras", "sklearn", "scipy", "matplotlib"),
    "report": ("jinja2", "matplotlib", "scipy"),
    "heif": ("pillow_heif",),
    "tensorboard": ("tensorboard",),
}


@click.command("doctor", short_help="Check the installation.")
def command() -> int:
    """Checks what inkdigits needs, one line each; the exit code is 3 if reading would not work.

    \b
    Example:
      inkdigits doctor
    """
    from inkdigits.cli import EXIT_MISSING

    checks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("machine", _machine),
        ("packages", _packages),
        ("MNIST", _mnist),
        ("default model", _model),
        ("a sample", _sample),
    )
    failed = False
    for name, check in checks:
        try:
            show(f"ok       {name}: {check()}")
        except Exception as error:  # a doctor reports every illness
            failed = True
            show(f"missing  {name}: {error}")
    for extra in EXTRAS:
        show(_extra(extra))
    return EXIT_MISSING if failed else 0


def _machine() -> str:
    import os
    import platform

    return f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def _packages() -> str:
    from importlib.metadata import version

    names = ("numpy", "opencv-python-headless", "pillow", "ai-edge-litert", "click", "rich")
    return ", ".join(f"{name} {version(name)}" for name in names)


def _mnist() -> str:
    from inkdigits.data.mnist import load_data

    (train, _), (test, _) = load_data()
    return f"{len(train)} + {len(test)} glyphs, hashes right"


def _model() -> str:
    from inkdigits.cli.terminal import quiet_native_stderr
    from inkdigits.models.classifier import PackedModel

    with quiet_native_stderr():
        card = PackedModel.load("default").card
    return f"version {card.version}, {card.weights}, preparation {card.preparation}"


def _sample() -> str:
    import inkdigits

    page = inkdigits.read("sample:photo")
    return f"sample:photo reads {page.text!r} ({page.status})"


def _extra(extra: str) -> str:
    import importlib.util

    absent = [module for module in EXTRAS[extra] if importlib.util.find_spec(module) is None]
    if absent:
        return f"absent   [{extra}]: {', '.join(absent)}; for it, run: pip install 'inkdigits[{extra}]'"
    return f"ok       [{extra}]"
