"""What a configuration names outside of this package: rewards of one's own, trackers of TRL."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from finlmm_utils.tar.checkpoints import StageError

SHOWN = 200  # letters of a reward's values in a message (our choice)


def check_trackers(names: Sequence[str]) -> None:
    """Refuses trackers that would end a stage after its policy was loaded.

    Args:
        names: of ``training.report_to``.

    Raises:
        StageError: transformers does not know one, or it is not installed.
    """
    from transformers.integrations import integration_utils

    known = integration_utils.INTEGRATION_TO_CALLBACK
    here = integration_utils.get_available_reporting_integrations() if names else []
    for name in names:
        if name not in (*here, "all", "none"):
            why = f"not installed; pip install {name}" if name in known else "unknown to TRL"
            raise StageError(
                f"training.report_to {name!r}: {why}; expected of {', '.join(known)} those that "
                "are installed, or []"
            )


def own_rewards(told: Mapping[str, Any]) -> dict[str, Callable[..., Any]]:
    """The functions of ``training.own_rewards``, imported and named as their terms.

    Raises:
        StageError: no such module or function; later, what a function of them does wrong.
    """
    found = {}
    for name, reward in told.items():
        module, _, attribute = reward.path.partition(":")
        try:
            function = getattr(importlib.import_module(module), attribute)
            if not callable(function):
                raise TypeError(f"it is {type(function).__name__}, and can't be called")
        except Exception as error:  # whatever stands in that module is run
            raise StageError(
                f"training.own_rewards.{name}: {reward.path!r} can't be imported ({error}); "
                "expected package.module:function, in an installed package or beside the command"
            ) from error
        found[name] = _named(function, name, reward.path)
    return found


def _named(function: Callable[..., Any], name: str, path: str) -> Callable[..., Any]:
    """A reward under its term's name: TRL logs two of one name as one line.

    What it does wrong is one line; TRL would take a number that is none for no reward.
    """

    def reward(**columns: Any) -> list[float | None]:
        count = len(columns["completions"])
        try:
            values = [None if v is None else float(v) for v in function(**columns)]
            if len(values) != count or not all(v is None or math.isfinite(v) for v in values):
                raise ValueError(f"it gave {values}"[:SHOWN])
        except Exception as error:
            raise StageError(
                f"training.own_rewards.{name}: {path!r} failed ({type(error).__name__}: {error}); "
                f"expected lists by column name in, {count} finite numbers or None out"
            ) from error
        return values

    reward.__name__ = name
    return reward
