"""Makes the shipped pictures of single characters from fonts: `python bench/make_handwriting.py CACHE_FOLDER`.

It takes fonts of handwriting and of print from npm and Debian packages, under the SIL Open Font License 1.1 alone (each
package's own license file is checked), and writes `src/inkdigits/synthesis/handwriting.npz`. The packages are kept in
the cache folder, so a second run downloads nothing. Needs npm, apt-get and dpkg-deb. `--sheet FILE` also draws every
digit by font, to look at: what no person would read as its digit belongs into `EXCLUDED`.
"""

from __future__ import annotations

import argparse
import io
import re
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from inkdigits.synthesis.fonts import FILE, SIDE, content_sha256

DIGITS = "0123456789"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
SYMBOLS = '?!&@#%$+=*()<>~^{}[];:"'
GREEK = "αβγδεζηθικλμνξοπρςστυφχψω"
CHARACTERS = DIGITS + LETTERS + SYMBOLS + GREEK
MISSING = "\U0010fffd"  # a private-use character: what a font draws for it, it draws for every character it lacks
DRAWN = 400  # size in pixels that a font is drawn at, so that scaling down gives smooth coverage
INKED = 90  # coverage, of 255, from which a pixel is ink: under a half, so that hairlines do not break


@dataclass(frozen=True)
class Font:
    """One font: its name, the package that holds it, and its file there."""

    name: str
    package: str
    file: str


def _npm(name: str, identity: str, version: str = "5.3.0") -> Font:
    return Font(name, f"@fontsource/{identity}@{version}", f"package/files/{identity}-latin-400-normal.woff")


def _debian(name: str, package: str, file: str) -> Font:
    return Font(name, f"fonts-{package}", f"./usr/share/fonts/{file}")


FONTS = (
    _npm("Architects Daughter", "architects-daughter"),
    _npm("Caveat", "caveat"),
    _npm("Indie Flower", "indie-flower"),
    _npm("Kalam", "kalam"),
    _npm("Nothing You Could Do", "nothing-you-could-do"),
    _npm("Patrick Hand", "patrick-hand"),
    _npm("Playwrite DE Grund", "playwrite-de-grund"),
    _npm("Reenie Beanie", "reenie-beanie"),
    _debian("Because We Build", "bwht=0.1-3", "opentype/bwht/BecauseWeBuild-Regular.otf"),
    _debian("Because We Connect", "bwht=0.1-3", "opentype/bwht/BecauseWeConnect-Regular.otf"),
    _debian("Because We Create", "bwht=0.1-3", "opentype/bwht/BecauseWeCreate-Regular.otf"),
    _debian("Because We Learn", "bwht=0.1-3", "opentype/bwht/BecauseWeLearn-Regular.otf"),
    _debian("Because We Mentor", "bwht=0.1-3", "opentype/bwht/BecauseWeMentor-Regular.otf"),
    _debian("Because We Organize", "bwht=0.1-3", "opentype/bwht/BecauseWeOrganize-Regular.otf"),
    _debian("Comic Neue", "comic-neue=2.51-4", "opentype/comic-neue/ComicNeue-Regular.otf"),
    _debian("Dancing Script", "dancingscript=1.2-2", "opentype/dancingscript/DancingScript-Regular.otf"),
    _debian("dkg", "dkg-handwriting=0.17-1", "truetype/fifthhorseman/dkg.ttf"),
    _debian("GFS Gazis", "gfs-gazis=1.1-6", "opentype/gazis/GFSGazis.otf"),
    _debian("Havana", "havana=1.0-4", "opentype/havana/Havana-Regular.otf"),
    _debian("Humor Sans", "humor-sans=1.0-4", "truetype/humor-sans/Humor-Sans.ttf"),
    _debian("Kaushan Script", "kaushanscript=1.02-2.1", "opentype/kaushanscript/KaushanScript-Regular.otf"),
    _debian("Kristi", "kristi=20101220-1", "truetype/kristi/Kristi.ttf"),
    _debian("Navilu", "navilu=1.2-4", "truetype/Navilu/Navilu.ttf"),
    _debian("SetoFont", "seto=6.20-8", "truetype/seto/setofont.ttf"),
    _debian("Tomson Talks", "tomsontalks=1.1-9", "truetype/tomsontalks/TomsonTalks.ttf"),
    _debian("Yusei Magic", "yusei-magic=1.000-20210130-2", "truetype/yusei-magic/YuseiMagic-Regular.ttf"),
    _npm("Amatic SC", "amatic-sc"),
    _npm("Gloria Hallelujah", "gloria-hallelujah"),
    _npm("Covered By Your Grace", "covered-by-your-grace"),
    _npm("Cedarville Cursive", "cedarville-cursive"),
    _npm("La Belle Aurore", "la-belle-aurore"),
    _npm("Over The Rainbow", "over-the-rainbow"),
    _npm("Gochi Hand", "gochi-hand"),
    _npm("Handlee", "handlee"),
    _npm("Neucha", "neucha"),
    _npm("Short Stack", "short-stack"),
    _npm("Sriracha", "sriracha"),
    _npm("Mali", "mali"),
    _npm("Pangolin", "pangolin"),
    _npm("Gaegu", "gaegu"),
    _npm("Swanky And Moo Moo", "swanky-and-moo-moo"),
    _npm("Shadows Into Light", "shadows-into-light"),
    _npm("Just Me Again Down Here", "just-me-again-down-here"),
    _npm("Sue Ellen Francisco", "sue-ellen-francisco"),
    _npm("Waiting For The Sunrise", "waiting-for-the-sunrise"),
    _npm("Give You Glory", "give-you-glory"),
    _npm("Loved By The King", "loved-by-the-king"),
    _npm("Zeyada", "zeyada"),
    _npm("Delius", "delius"),
    _npm("Annie Use Your Telescope", "annie-use-your-telescope"),
    _npm("The Girl Next Door", "the-girl-next-door"),
    _npm("Bad Script", "bad-script"),
    _npm("Marck Script", "marck-script"),
    # Print and display faces: their letters are non-digits that people show, too.
    _npm("Lato", "lato"),
    _npm("Montserrat", "montserrat"),
    _npm("Merriweather", "merriweather"),
    _npm("Playfair Display", "playfair-display"),
    _npm("Bitter", "bitter"),
    _npm("Oswald", "oswald"),
    _npm("Arvo", "arvo"),
    _npm("Josefin Sans", "josefin-sans"),
    _npm("Alfa Slab One", "alfa-slab-one"),
    _npm("Bebas Neue", "bebas-neue"),
    _npm("Righteous", "righteous"),
    _npm("Cinzel Decorative", "cinzel-decorative"),
    _npm("Orbitron", "orbitron"),
    _npm("Abril Fatface", "abril-fatface"),
    _npm("Source Code Pro", "source-code-pro", "5.3.1"),
    _npm("Rubik", "rubik"),
    _npm("Fredoka", "fredoka"),
    _npm("Bungee", "bungee"),
    _npm("PT Serif", "pt-serif"),
    _npm("Old Standard TT", "old-standard-tt"),
    _npm("Quicksand", "quicksand"),
    _npm("Comfortaa", "comfortaa"),
    _npm("Lobster", "lobster"),
    _npm("Pacifico", "pacifico"),
    _npm("Playfair Display SC", "playfair-display-sc"),
    _npm("VT323", "vt323"),
    _npm("Limelight", "limelight"),
    _npm("Poiret One", "poiret-one"),
    _npm("Audiowide", "audiowide"),
)

EXCLUDED = {
    "Because We Learn": "zZ",  # a 2
    "Because We Mentor": "zZ",  # a 2
    "Because We Organize": "zZ",  # a 2
    "Cinzel Decorative": "1",  # an I
    "GFS Gazis": "012",  # old-style figures of print
    "Havana": "zZ",  # a 2
    "Indie Flower": "}",  # a 3
    "Kalam": "z",  # a 2
    "Navilu": '">',  # a blot and a 1
    "Nothing You Could Do": "q",  # a 2 or a 9
    "Reenie Beanie": "}",  # a 3
    "VT323": "0",  # two rows of dots
    "dkg": "gABCDEFGHIJKLMNOPQRSTUVWXYZ?",  # an 8; the capitals are ornaments in outline
}
"""Characters by font that a person would not read as what they are, seen on the sheet."""


def archive(package: str, cache: Path) -> tarfile.TarFile:
    """A package's files, downloaded once."""
    folder = cache / re.sub(r"[^\w.-]+", "_", package)
    npm = package.startswith("@")
    if not folder.exists() or not any(folder.iterdir()):
        folder.mkdir(parents=True, exist_ok=True)
        command = (
            ["npm", "pack", "--silent", package]
            if npm
            else ["apt-get", "download", "-qq", "-oAPT::Sandbox::User=root", package]
        )
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (path,) = folder.iterdir()
    if npm:
        return tarfile.open(path)
    content = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(path)], check=True, capture_output=True).stdout
    return tarfile.open(fileobj=io.BytesIO(content))


def member(files: tarfile.TarFile, name: str) -> bytes:
    found = files.extractfile(name)
    if found is None:
        raise SystemExit(f"{name} is not a file of its package.")
    return found.read()


def check_license(font: Font, files: tarfile.TarFile) -> None:
    """Stops unless the package says that it is under the SIL Open Font License 1.1."""
    if font.package.startswith("@"):
        text = member(files, "package/package.json").decode()
        free = '"license": "OFL-1.1"' in text
    else:
        debian = font.package.split("=", maxsplit=1)[0]
        text = " ".join(member(files, f"./usr/share/doc/{debian}/copyright").decode().split())
        free = re.search(r"OFL-1\.1|SIL Open Font License,? Version 1\.1", text, re.IGNORECASE) is not None
    if not free:
        raise SystemExit(f"{font.package} is not under the SIL Open Font License 1.1.")


def draw(font: ImageFont.FreeTypeFont, character: str) -> NDArray[np.uint8]:
    """A character's coverage, cropped to its ink, uint8; of no pixels where it has no ink."""
    page = Image.new("L", (4 * DRAWN, 4 * DRAWN))
    ImageDraw.Draw(page).text((DRAWN, DRAWN), character, fill=255, font=font)
    box = page.point(lambda value: 255 * (value >= 128)).getbbox()
    return np.asarray(page.crop(box) if box else np.zeros((0, 0)), np.uint8)


def scale(coverage: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """A character fitted into `SIDE` pixels, keeping its shape."""
    height, width = coverage.shape
    factor = SIDE / max(height, width)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return np.asarray(Image.fromarray(coverage).resize(size, Image.Resampling.BOX)) >= INKED


def pictures(font: Font, cache: Path) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Every character that the font has and a person would read."""
    with archive(font.package, cache) as files:
        check_license(font, files)
        content = io.BytesIO(member(files, font.file))
    loaded = ImageFont.truetype(content, DRAWN, layout_engine=ImageFont.Layout.BASIC)
    missing = draw(loaded, MISSING)
    for character in CHARACTERS:
        coverage = draw(loaded, character)
        if coverage.size and not np.array_equal(coverage, missing) and character not in EXCLUDED.get(font.name, ""):
            yield character, scale(coverage)


def sheet(drawn: list[tuple[int, str, NDArray[np.bool_]]], characters: str, path: Path) -> None:
    """Draws the given characters, one row a font."""
    step = SIDE + 8
    page = Image.new("L", (170 + step * len(characters), step * len(FONTS)), 255)
    pen = ImageDraw.Draw(page)
    for row, font in enumerate(FONTS):
        pen.text((2, row * step + 20), font.name, fill=0)
    for row, character, bits in drawn:
        if character in characters:
            picture = Image.fromarray(np.where(bits, 0, 255).astype(np.uint8))
            page.paste(picture, (170 + step * characters.index(character), row * step + 4))
    page.save(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cache", type=Path, help="folder outside the checkout that keeps the packages")
    parser.add_argument("--sheet", type=Path, help="also draw the characters by font, into this picture")
    parser.add_argument("--characters", default=DIGITS, help="which ones the sheet draws")
    arguments = parser.parse_args()
    drawn = [(row, *one) for row, font in enumerate(FONTS) for one in pictures(font, arguments.cache)]
    arrays: dict[str, NDArray[np.generic]] = {
        "bits": np.packbits(np.concatenate([bits.ravel() for _, _, bits in drawn])),
        "heights": np.array([bits.shape[0] for _, _, bits in drawn], np.uint8),
        "widths": np.array([bits.shape[1] for _, _, bits in drawn], np.uint8),
        "characters": np.array([ord(character) for _, character, _ in drawn], np.uint16),
        "fonts": np.array([row for row, _, _ in drawn], np.uint8),
        "font_names": np.array([font.name for font in FONTS]),
    }
    np.savez_compressed(FILE, allow_pickle=False, **arrays)
    if arguments.sheet:
        sheet(drawn, arguments.characters, arguments.sheet)
    counts = [sum(character == digit for _, character, _ in drawn) for digit in DIGITS]
    print(f"{len(FONTS)} fonts, {len(drawn)} characters, of each digit {counts}, {FILE.stat().st_size} bytes")
    print(f"SHA256 = {content_sha256(arrays)!r}")


if __name__ == "__main__":
    main()
