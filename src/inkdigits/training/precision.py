"""The number format of matrix products, and how `auto` chooses it."""

from __future__ import annotations

from pathlib import Path

from inkdigits.training.recipe import Recipe


def native_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 natively, where oneDNN gains from it."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def resolve_precision(recipe: Recipe) -> str:
    """`"bfloat16"` or `"float32"`, with `"auto"` decided by this machine."""
    if recipe.precision != "auto":
        return recipe.precision
    return "bfloat16" if native_bfloat16() else "float32"
