"""Monitors that fired in a run's trainings, and the claims whose numbers stand under them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finlmm_utils.evaluation.ledger import Row
from finlmm_utils.tar.monitoring.metrics_file import read_metrics
from finlmm_utils.tar.monitoring.monitors import Firing, firings

TOUCHES = {
    "discriminator collapsed": ("adversarial_accuracy", "adversarial_coherence", "interval"),
    "discriminator knows a style": ("adversarial_coherence", "discriminator_tells"),
    "answers of another form": ("adversarial_accuracy", "discriminator_fooled"),
    "learning through flat groups": ("length_reward", "adversarial_accuracy"),
    "discriminator fooled": ("adversarial_accuracy", "discriminator_fooled"),
    "padding": ("length_reward", "length_hacking"),
    "clipped completions": ("stage1_text", "stage2_answers"),
    "groups without variance": ("stage1_text", "stage2_answers"),
    "forgetting": ("forgetting",),
}
"""A monitor to the claims whose evidence it touches."""


@dataclass(frozen=True)
class Alarm:
    """A monitor that fired in a stage of training.

    Attributes:
        stage: Its folder inside the run.
        firing: When, and what it saw.
    """

    stage: str
    firing: Firing

    @property
    def name(self) -> str:
        """Of the monitor."""
        return self.firing.name

    @property
    def words(self) -> str:
        """In a line."""
        return self._from(f"{self.stage}: {self.name} ")

    @property
    def where(self) -> str:
        """Where and when, without its name."""
        return self._from(f"{self.stage} ")

    def _from(self, start: str) -> str:
        when = ", ".join(map(str, self.firing.steps))
        still = "still fires at the end" if self.firing.last else "quiet at the end"
        seen = f"steps up to {self.firing.at}: {self.firing.seen}"
        return f"{start}from step {when} on ({seen}; {still})"


def touching(alarms: Sequence[Alarm], row: Row) -> list[Alarm]:
    """The alarms that a row's number stands under.

    Args:
        alarms: of the run that the page is of.
        row: of the ledger; a study's number comes from other trainings, so none touches it.
    """
    own = row.source.startswith("run ")
    return [alarm for alarm in alarms if own and row.id in TOUCHES.get(alarm.name, ())]


def alarms(run_dir: Path) -> list[Alarm]:
    """Monitors that fired in any stage below a run's folder."""
    return [
        Alarm(path.parent.relative_to(run_dir).as_posix(), firing)
        for path in sorted(run_dir.rglob("metrics.jsonl"))
        for firing in firings(read_metrics(path))
    ]


def by_monitor(fired: Sequence[Alarm], claims: Sequence[str]) -> list[dict[str, Any]]:
    """Alarms of one monitor together: one advice, and where it fired.

    Args:
        fired: Of a page's runs.
        claims: Ids of the claims that the page shows.
    """
    groups: dict[str, list[Alarm]] = {}
    for alarm in fired:
        groups.setdefault(alarm.name, []).append(alarm)
    return [
        {
            "name": name,
            "advice": same[0].firing.advice,
            "places": [alarm.where for alarm in same],
            "claims": [one for one in TOUCHES.get(name, ()) if one in claims],
        }
        for name, same in groups.items()
    ]
