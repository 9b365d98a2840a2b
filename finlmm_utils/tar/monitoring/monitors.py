"""Monitors of a training: plain thresholds on the lines of ``metrics.jsonl``, each with advice.

Levels are means over the last ``RECENT`` steps. A trend compares the first third of a span with its
last third, for the whole run and for its last ``SPAN`` steps, and must also exceed ``SIGMAS`` of
its standard errors; so a jump of one step fires nothing. All thresholds are our choice.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from finlmm_utils.intervals import MOST_LOST, forgotten
from finlmm_utils.tar.monitoring.metrics_file import probes

RECENT = 10
"""Steps that a level is averaged over: by default the discriminator learns once in them."""
SPAN = 60
"""Steps of the short one of the two spans in which trends are looked for: two thirds of them are
compared, 20 steps each, so that what happens late in a long run is seen soon."""
MIN_STEPS = 9
"""Steps without which there is no trend: three in each third, the fewest with a spread."""
SIGMAS = 2
"""Standard errors that a change must exceed: chance alone does so once in twenty times."""
WEAK_AUROC = 0.55
"""AUROC within groups. Over ten steps with four mixed groups of eight a coin's 0.5 has a standard
error of about 0.03: this is nearly two of them away."""
SMALL_SHARE = 0.01
"""Share of the advantages that the discriminator makes: an arm with less wrote what none wrote."""
STYLE_ALONE = 0.4
"""Share of right reasoning that scores as high under another question as under its own, or higher;
one half knows nothing of the question."""
OTHER_FORM = 0.1
"""Rise of the share of answers in the form of another question: a hacked judge led to 0.6, training
without one stays under 0.06."""
MOST_FLAT_ADVANTAGE = 0.3
"""Share of squared advantages from groups flat in accuracy: there length and adversary alone
decide what is learned, at full size."""
MOVED = 0.05
"""Change of a share (accuracy, mean p, repetition) that matters: five points. Less can't be told in
the fewest steps: three of 64 completions have a standard error of 3.6 points."""
LONGER = 0.2
"""Rise of the mean length, relative: a fifth. From the optimum of 450 tokens it leads to 540, where
the length reward still pays in full, so that nothing holds a policy back that pads."""
MOST_CLIPPED = 0.1
"""Share of completions that are cut: each has no answer, so a tenth is ten points of accuracy."""
MOST_FLAT = 0.8
"""Share of groups whose answers are all right or all wrong: accuracy teaches nothing in them, so
four fifths of the rollouts are sampled for nothing. (Groups whose whole reward is flat are rarer:
length and adversary vary a little everywhere.)"""

MOST_LOOKS = 60
"""Steps at which a finished stage is looked at again: a long one is not gone through whole."""

Metrics = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Monitor:
    """What a monitor says of a run.

    Attributes:
        name: of the failure it looks for.
        state: "fires", "quiet", or "no data" where its metrics aren't there (yet).
        seen: the figures it looked at.
        threshold: when it fires, in words.
        advice: what to do then.
    """

    name: str
    state: str
    seen: str
    threshold: str
    advice: str


def check_monitors(metrics: Metrics) -> list[Monitor]:
    """All monitors on the metrics so far.

    Args:
        metrics: lines of ``metrics.jsonl``, see
            :func:`finlmm_utils.tar.monitoring.metrics_file.read_metrics`.

    Returns:
        One each, in a fixed order.
    """
    monitors = []
    for name, (look, threshold, advice) in _MONITORS.items():
        found = look(metrics)
        state = "no data" if found is None else "fires" if found[0] else "quiet"
        monitors.append(Monitor(name, state, found[1] if found else "", threshold, advice))
    return monitors


@dataclass(frozen=True)
class Firing:
    """A monitor that fired during a stage.

    Attributes:
        name: of the monitor.
        steps: at which it began to fire.
        last: whether it fires at the end.
        at: the step at which it fired last.
        seen: what it saw then, over the steps before.
        advice: what to do then.
    """

    name: str
    steps: tuple[int, ...]
    last: bool
    at: int
    seen: str
    advice: str


def firings(metrics: Metrics) -> list[Firing]:
    """Monitors that fired at any step, asked again after each of at most ``MOST_LOOKS`` steps.

    Args:
        metrics: lines of a finished stage, or of one that goes on.
    """
    ends = sorted({*range(1, len(metrics) + 1, max(1, len(metrics) // MOST_LOOKS)), len(metrics)})
    looks = [(int(metrics[end - 1]["step"]), check_monitors(metrics[:end])) for end in ends if end]
    found = []
    for place in range(len(_MONITORS) if looks else 0):
        rows = [(step, monitors[place]) for step, monitors in looks]
        fires = [(step, row) for step, row in rows if row.state == "fires"]
        before = [None, *(row.state for _, row in rows)]
        began = tuple(step for (step, row), was in zip(rows, before, strict=False)
                      if row.state == "fires" and was != "fires")  # fmt: skip
        if fires:
            at, row = fires[-1]
            found.append(Firing(row.name, began, at == rows[-1][0], at, row.seen, row.advice))
    return found


Look = Callable[[Metrics], "tuple[bool, str] | None"]


def _collapsed(metrics: Metrics) -> tuple[bool, str] | None:
    warm = _warm(metrics)
    auroc, share = _level(warm, "disc_within_auroc"), _level(warm, "share_adversarial")
    if auroc is None or share is None or len(warm) < MIN_STEPS:
        return None
    fires = auroc < WEAK_AUROC or abs(share) < SMALL_SHARE
    return (
        fires,
        f"AUROC within groups {auroc:.3f}, share of advantage {share:.3f}, {RECENT} steps",
    )


def _style(metrics: Metrics) -> tuple[bool, str] | None:
    rate = _level(metrics, "disc_swap_rate")
    return None if rate is None else (rate > STYLE_ALONE, f"swap rate {rate:.2f}")


def _hacked(metrics: Metrics) -> tuple[bool, str] | None:
    trends = _trends(metrics, ("other_form",))
    return _worst(trends, [change >= OTHER_FORM for (change,) in trends], "other form {:+.2f}")


def _through_flat(metrics: Metrics) -> tuple[bool, str] | None:
    share = _level(metrics, "flat_advantage")
    if share is None or len(metrics) < MIN_STEPS:
        return None
    return share > MOST_FLAT_ADVANTAGE, f"{share:.2f} of the squared advantages"


def _fooled(metrics: Metrics) -> tuple[bool, str] | None:
    trends = _trends(_warm(metrics), ("disc_mean", "reward_accuracy"))
    fires = [m >= MOVED and a <= -MOVED for m, a in trends]
    return _worst(trends, fires, "mean p {:+.2f}, accuracy {:+.2f}")


def _padding(metrics: Metrics) -> tuple[bool, str] | None:
    names = ("length_mean", "reward_accuracy", "repetition")
    trends = _trends(metrics, names, relative=("length_mean",))
    fires = [n >= LONGER and a < MOVED and r >= MOVED for n, a, r in trends]
    return _worst(trends, fires, "length {:+.0%}, accuracy {:+.2f}, repetition {:+.2f}")


def _clipped(metrics: Metrics) -> tuple[bool, str] | None:
    share = _level(metrics, "clipped")
    return None if share is None else (share > MOST_CLIPPED, f"clipped {share:.2f}")


def _flat(metrics: Metrics) -> tuple[bool, str] | None:
    share = _level(metrics, "flat_accuracy")
    return None if share is None else (share > MOST_FLAT, f"flat in accuracy {share:.2f}")


def _forgetting(metrics: Metrics) -> tuple[bool, str] | None:
    """The text probes before and now; noise is that of two shares of ``text_probes`` rows."""
    asked = [accuracy for _, accuracy in probes(metrics, "text_accuracy")]
    if len(asked) < 2:
        return None
    before, now, rows = asked[0], asked[-1], max(line.get("text_rows") or 0 for line in metrics)
    noise = math.sqrt((before * (1 - before) + now * (1 - now)) / rows)
    change = now - before
    verdict = forgotten(change - SIGMAS * noise, change + SIGMAS * noise)
    return verdict == "lost", f"text accuracy {before:.2f} to {now:.2f}, {rows:.0f} rows: {verdict}"


_MONITORS: dict[str, tuple[Look, str, str]] = {
    "discriminator collapsed": (
        _collapsed,
        f"AUROC within groups under {WEAK_AUROC}, or under {SMALL_SHARE} of the advantages",
        "its reward is noise or a constant: take the kind relational or the shape group_logit, a "
        "larger encoder, or set its weight to 0",
    ),
    "discriminator knows a style": (
        _style,
        f"above {STYLE_ALONE} of right reasoning scores as high or higher under another question",
        "the policy can please it with the style of easy questions: take the kind relational, or "
        "more swaps",
    ),
    "answers of another form": (
        _hacked,
        f"their share up by {OTHER_FORM}",
        "the policy answers another question than the one asked: read its completions, lower the "
        "weight of the adversary",
    ),
    "learning through flat groups": (
        _through_flat,
        f"above {MOST_FLAT_ADVANTAGE} of the squared advantages",
        "small rewards decide where accuracy says nothing: name them in training.mixed_only, or "
        "drop flat groups",
    ),
    "discriminator fooled": (
        _fooled,
        f"mean p up by {MOVED} while accuracy falls by {MOVED}",
        "the policy writes what it likes: read trusted but wrong completions, lower its weight or "
        "bert_train_interval, or use the shape correct_only",
    ),
    "padding": (
        _padding,
        f"length up by {LONGER:.0%}, accuracy not up by {MOVED}, repetition up by {MOVED}",
        "lower the weight of length or the thresholds, and go back to a checkpoint before the rise",
    ),
    "clipped completions": (
        _clipped,
        f"share above {MOST_CLIPPED}",
        "raise max_completion_tokens: a completion that is cut has no answer",
    ),
    "groups without variance": (
        _flat,
        f"share above {MOST_FLAT}",
        "choose prompts that are neither too easy nor too hard, or raise group_size",
    ),
    "forgetting": (
        _forgetting,
        f"text accuracy down by more than {MOST_LOST}, by {SIGMAS} standard errors",
        "raise kl, lower the learning rate, or stop at an earlier checkpoint",
    ),
}


def _warm(metrics: Metrics) -> Metrics:
    """The lines from the step on in which the discriminator's reward was no constant any more."""
    for i, line in enumerate(metrics):
        if line.get("reward_adversarial_std"):
            return metrics[i:]
    return []


def _level(metrics: Metrics, name: str) -> float | None:
    values = [line[name] for line in metrics[-RECENT:] if line.get(name) is not None]
    return float(np.mean(values)) if values else None


def _trends(
    metrics: Metrics, names: Sequence[str], relative: Sequence[str] = ()
) -> list[tuple[float, ...]]:
    """Changes of several metrics, for the whole run and for its last steps; noise counts as 0."""
    rows = [line for line in metrics if all(line.get(name) is not None for name in names)]
    spans = [rows, rows[-SPAN:]] if len(rows) > SPAN else [rows] if len(rows) >= MIN_STEPS else []
    return [tuple(_change(span, name, name in relative) for name in names) for span in spans]


def _change(span: Metrics, name: str, relative: bool) -> float:
    third = len(span) // 3
    first, last = (
        np.array([line[name] for line in part], float) for part in (span[:third], span[-third:])
    )
    change = float(last.mean() - first.mean())
    noise = math.sqrt((first.var(ddof=1) + last.var(ddof=1)) / third)
    if abs(change) <= SIGMAS * noise:
        return 0.0
    return change / max(abs(float(first.mean())), 1e-9) if relative else change


def _worst(
    trends: Sequence[tuple[float, ...]], fires: Sequence[bool], words: str
) -> tuple[bool, str] | None:
    """The span that fires, else the whole run."""
    if not trends:
        return None
    chosen = fires.index(True) if any(fires) else 0
    return any(fires), words.format(*trends[chosen])
