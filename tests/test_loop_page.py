"""The page about the five steps shows lines of the scripts, as they are."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "from-fit-to-compiled-loop.md").read_text(encoding="utf-8")
SECTIONS = re.findall(r"^## Step \d.*?(?=^## )", PAGE, re.MULTILINE | re.DOTALL)


def test_each_step_has_a_section():
    assert len(SECTIONS) == 5


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section[3:9])
def test_the_code_of_a_section_is_in_its_script(section):
    (script,) = re.findall(r"\((\.\./examples/compiled_loop/step_\w+\.py)\)", section)
    code = (ROOT / "docs" / script).read_text(encoding="utf-8")
    shown = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    assert shown
    for block in shown:
        assert block in code
