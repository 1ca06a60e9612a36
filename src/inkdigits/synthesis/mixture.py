"""The mixture: how many glyphs of which kind a synthesis makes. Knows nothing of how they are made."""

from __future__ import annotations

from dataclasses import dataclass, fields

from inkdigits.errors import SettingError


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """How many glyphs of which kind are made.

    Attributes:
        scenes: MNIST's digits in scenes.
        written: Digits written with a pen, in scenes.
        printed: Digits of handwriting fonts, in scenes.
        symbols: Letters and symbols written with a pen: no digits.
        letters: Letters and signs of handwriting fonts: no digits.
        scribbles: Scribbles, words and signatures: no digits.
        several: Two to four digits side by side: no digits.
        turned: Digits that lie on their side: no digits, and much like Greek letters.
        textures: Patterns, grain and blots: no digits.
        plain: Digits as a mouse draws them in a paint program: bars, circles, straight lines.

    Raises:
        SettingError: A count is below 0, or all are 0.
    """

    scenes: int = 0
    written: int = 0
    printed: int = 0
    symbols: int = 0
    letters: int = 0
    scribbles: int = 0
    several: int = 0
    turned: int = 0
    textures: int = 0
    plain: int = 0

    def __post_init__(self) -> None:
        if min(self.counts.values()) < 0:
            raise SettingError(
                f"Expected counts of 0 or more. Received: {self.counts}.", hint="Leave a kind out with 0."
            )
        if not any(self.counts.values()):
            raise SettingError(
                "Expected a mixture of at least one glyph. Received: 0 of every kind.",
                hint="Name a kind, such as scenes=1000, or do without a synthesis.",
            )

    @property
    def counts(self) -> dict[str, int]:
        """Glyphs by kind."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def scaled(self, share: float) -> Mixture:
        """A mixture of the same kinds with that share of the glyphs: to the nearest whole one, but one of each kind."""
        return Mixture(**{kind: max(round(count * share), min(count, 1)) for kind, count in self.counts.items()})

    @property
    def no_digits(self) -> int:
        """How many of it are no digits."""
        return self.symbols + self.letters + self.scribbles + self.several + self.turned + self.textures

    @property
    def refuses(self) -> bool:
        """Whether any of it is no digit."""
        return self.no_digits > 0
