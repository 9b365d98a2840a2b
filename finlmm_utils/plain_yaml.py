"""YAML that others wrote, read without harm: no objects, nothing that grows while it is read."""

from __future__ import annotations

from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """Refuses an alias inside of what has an anchor.

    A kilobyte of aliases of aliases stands for a list of a billion entries, and one that names
    what it stands in for a list without end.
    """

    inside = 0  # of so many nodes with an anchor

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.inside and self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.YAMLError(f"line {mark.line + 1}: expected no alias inside of an anchor")
        named = bool(getattr(self.peek_event(), "anchor", None))
        self.inside += named
        try:
            return super().compose_node(parent, index)
        finally:
            self.inside -= named


def load(text: str) -> Any:
    """Reads YAML.

    Args:
        text: of the file.

    Raises:
        yaml.YAMLError: it is none, or holds what is none: a date without its month, ``!!int ''``,
            lists in lists without end.
    """
    try:
        return yaml.load(text, _Loader)
    except RecursionError:
        raise yaml.YAMLError("expected no lists in lists without end") from None
    except (ValueError, ArithmeticError, LookupError, AttributeError) as error:  # of a scalar
        raise yaml.YAMLError(str(error)) from None
