"""The examples of the pages in docs/, as they stand there."""

from __future__ import annotations

import re

from cluster import ROOT

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"(?:^ {4}.*\n)+", re.MULTILINE)


def text(page: str) -> str:
    return (ROOT / "docs" / page).read_text()


def code(page: str, language: str, having: str = "") -> str:
    """The one block of the language in which the words stand."""
    found = [block for kind, block in FENCE.findall(text(page)) if kind == language and having in block]
    assert len(found) == 1, f"{page} has {len(found)} blocks of {language} with {having!r}"
    return str(found[0])


def commands(page: str, program: str) -> list[str]:
    """Every line of the indented blocks that calls the program, without the environment in front of it."""
    plain = FENCE.sub("", text(page))
    lines = [line.strip() for block in INDENTED.findall(plain) for line in block.splitlines()]
    found = [line for line in lines if program in line.split()]
    assert found, f"{page} has no command with {program}"
    return found


def changed(example: str, words: dict[str, str]) -> str:
    """With what is a user's own in the place of the page's; each word must stand there."""
    for word, own in words.items():
        assert word in example, f"{word!r} is not in: {example}"
        example = example.replace(word, own)
    return example
