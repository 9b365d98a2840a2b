"""Another field's words in finance's place: the file that ``FINLMM_VOCABULARY`` names.

Made reports, questions and prompts take their words from it, the code stays as it is (the paper's
open question 2). ``finlmm-tiny`` knows the words of finance alone, so notebooks 04 to 09 need
another policy then.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

VARIABLE = "FINLMM_VOCABULARY"
"""Environment variable: "clinical", "legal", or a path; not set: finance."""
FOLDER = Path(__file__).parent
NO_VOCABULARY = (
    OSError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError,
    yaml.YAMLError,
)  # fmt: skip
"""What PyYAML raises of a file that is none: not only its own errors ("!!int ''")."""


class VocabularyError(ValueError):
    """A file that is no vocabulary."""

    def _render_traceback_(self) -> list[str]:
        """One line in a notebook, as of all errors of ours; this room knows none of the others."""
        return [f"{type(self).__name__}: {self}"]


class Group(BaseModel):
    """What a reader finds in one place, as items of an income statement.

    Attributes:
        name: as a question names it.
        terms: by unit ("$m", "$", "%", "x", "k", ""), joined by semicolons.
    """

    model_config = ConfigDict(extra="forbid")

    name: str
    terms: dict[str, str]


class Vocabulary(BaseModel):
    """A field's words.

    Attributes:
        subject: what the students of a question study.
        groups: five: amounts of a period, amounts at a date, further amounts of a period, rates,
            and counts. Only those of a period may be summed.
        parts: kinds of parts of a whole, with the names of five or more.
        trades: of made organisations; forms: what their names end in.
        sections: headings; causes: of a movement; definitions: by term.
        narrative: sentences without numbers; {Company} and {place} are filled in.
        places: of the sentences; things: that people work on.
        boilerplate: a sentence of small print.
    """

    model_config = ConfigDict(extra="forbid")

    subject: str
    groups: Annotated[list[Group], Field(min_length=5, max_length=5)]
    parts: dict[str, Annotated[tuple[str, ...], Field(min_length=5)]]
    trades: list[str]
    forms: list[str]
    sections: Annotated[list[str], Field(min_length=8)]
    causes: Annotated[list[str], Field(min_length=4)]
    definitions: dict[str, str]
    narrative: Annotated[list[str], Field(min_length=8)]
    places: list[str]
    things: list[str]
    boilerplate: str


def vocabulary_file() -> Path | None:
    """The file that the environment names; None for finance."""
    name = os.environ.get(VARIABLE, "")
    if name in ("", "finance"):
        return None
    return FOLDER / f"{name}.yaml" if name.isidentifier() else Path(name).expanduser()


@functools.lru_cache(maxsize=1)
def vocabulary() -> Vocabulary | None:
    """The vocabulary in force; None for finance, whose words stand in the code.

    Raises:
        VocabularyError: the file is missing, no YAML, or lacks something.
    """
    path = vocabulary_file()
    if path is None:
        return None
    try:
        text = path.read_text("utf-8")
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text)):
            raise yaml.YAMLError("expected no aliases, which may stand for lists without end")
        words = yaml.safe_load(text)
    except NO_VOCABULARY as error:
        what = " ".join(str(error).split())
        known = ", ".join(sorted(one.stem for one in FOLDER.glob("*.yaml")))
        raise VocabularyError(
            f"{VARIABLE} {path}: expected {known}, or a file of a vocabulary: {what}"
        ) from None
    try:
        return Vocabulary.model_validate(words)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise VocabularyError(f"{VARIABLE} {path}: {where}: {first['msg']}") from None


def subject() -> str:
    """What the students of a question study, as the prompts say it."""
    other = vocabulary()
    return other.subject if other else "finance"
