"""The mixture: how many glyphs of which kind a synthesis makes. Knows nothing of how they are made."""

from __future__ import annotations

from dataclasses import dataclass, fields

from inkdigits.errors import SettingError


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """How many glyphs of which kind are made.

    Attributes:
        mnist: MNIST's digits on pages.
        pen: Digits drawn with a pen, on pages.
        font: Digits of fonts, on pages.
        symbols: Letters and symbols drawn with a pen: non-digits.
        letters: Letters and signs of fonts: non-digits.
        scribbles: Scribbles, words and signatures: non-digits.
        several: Two to four digits side by side: non-digits.
        turned: Digits that lie on their side: non-digits, and much like Greek letters.
        textures: Patterns, grain and blots: non-digits.
        plain: Digits as a mouse draws them in a paint program: bars, rings, straight lines.

    Raises:
        SettingError: A count is below 0, or all are 0.
    """

    mnist: int = 0
    pen: int = 0
    font: int = 0
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
                hint="Name a kind, such as mnist=1000, or do without a synthesis.",
            )

    @property
    def counts(self) -> dict[str, int]:
        """Glyphs by kind."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def scaled(self, share: float) -> Mixture:
        """A mixture of the same kinds with that share of the glyphs: to the nearest whole one, but one of each kind."""
        return Mixture(**{kind: max(round(count * share), min(count, 1)) for kind, count in self.counts.items()})

    @property
    def digits(self) -> Mixture | None:
        """The same mixture without its non-digits; None if it holds nothing else."""
        if self.non_digits == sum(self.counts.values()):
            return None
        return Mixture(mnist=self.mnist, pen=self.pen, font=self.font, plain=self.plain)

    @property
    def non_digits(self) -> int:
        """Number of non-digits."""
        return self.symbols + self.letters + self.scribbles + self.several + self.turned + self.textures

    @property
    def rejects(self) -> bool:
        """Whether it holds non-digits, which a model learns to reject."""
        return self.non_digits > 0
