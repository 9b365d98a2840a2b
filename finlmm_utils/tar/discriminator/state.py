"""What the discriminator carries from update to update, and through a checkpoint.

That is: scored reasoning of both classes, to learn from again, and the weights with the optimiser's
moments.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn


@dataclass
class Example:
    """One scored thinking.

    Attributes:
        question: the user's turn.
        thinking: what the policy wrote between the think tags.
        probability: p(correct) that was given before learning from it.
        correct: whether the answer was right; None as long as it isn't known.
        features: pooled embedding, (width,) float32, where the encoder is frozen.
        row: id of its row, by which an encoder that looks finds the images.
        group: which completions were sampled for one prompt at one time; "" where not told.
    """

    question: str
    thinking: str
    probability: float
    correct: bool | None = None
    features: np.ndarray | None = None
    row: str = ""
    group: str = ""


class Replay:
    """The newest examples of each class.

    Args:
        size: at most so many are kept, half of each class.

    Attributes:
        kept: by class, in the order in which they came.
        fresh: how many of each class came since the last update.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.kept: dict[bool, list[Example]] = {False: [], True: []}
        self.fresh = {False: 0, True: 0}

    def add(self, example: Example) -> None:
        """Keeps one whose ``correct`` is set; the oldest of its class may have to go."""
        kind = bool(example.correct)
        self.fresh[kind] += 1
        self.kept[kind].append(example)
        del self.kept[kind][: -(self.size // 2)]

    def draw(self, most: int, generator: torch.Generator) -> list[Example]:
        """As many of one class as of the other: fresh first, older ones at random; shuffled.

        Args:
            most: so many at most, in all.
            generator: of the choice and the order.
        """
        smaller = min(len(kept) for kept in self.kept.values())
        wanted = max(self.fresh.values())
        size = min(max(wanted, 1), smaller, most // 2)
        chosen = []
        for kind, kept in self.kept.items():
            fresh = min(self.fresh[kind], size)
            order = torch.randperm(len(kept) - fresh, generator=generator).tolist()
            chosen += kept[len(kept) - fresh :] + [kept[i] for i in order[: size - fresh]]
        mixed = torch.randperm(len(chosen), generator=generator).tolist()
        return [chosen[i] for i in mixed]

    def learned(self) -> None:
        """None is fresh any more."""
        self.fresh = {False: 0, True: 0}

    def state(self) -> dict[str, Any]:
        """All but the features, for JSON."""
        rows = [_without_features(e) for e in self._all()]
        return {"buffer": rows, "fresh": [self.fresh[False], self.fresh[True]]}

    def features(self) -> dict[str, torch.Tensor]:
        """The features of all, stacked in the order of :meth:`state`; empty where none has any."""
        return _stacked(self._all())

    def restore(self, state: Mapping[str, Any], features: np.ndarray | None) -> None:
        """Takes over what :meth:`state` and :meth:`features` gave."""
        self.kept = {False: [], True: []}
        for i, fields in enumerate(state["buffer"]):
            row = features[i] if features is not None else None
            self.kept[fields["correct"]].append(Example(**fields, features=row))
        self.fresh = dict(zip((False, True), state["fresh"], strict=True))

    def _all(self) -> list[Example]:
        return [e for kind in (False, True) for e in self.kept[kind]]


class GroupReplay:
    """The newest whole groups.

    Args:
        size: at most so many examples are kept, as far as whole groups allow.

    Attributes:
        kept: in the order in which they came.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.kept: list[Example] = []

    def add(self, example: Example) -> None:
        """Keeps one; the oldest group may have to go."""
        self.kept.append(example)
        if len(self.kept) > self.size:
            oldest = self.kept[0].group
            self.kept = [e for e in self.kept if e.group != oldest] or [example]

    def newest(self, most: int) -> list[list[Example]]:
        """The newest groups, the newest last, with ``most`` examples at most (one group at least).

        Args:
            most: so many examples.
        """
        groups: dict[str, list[Example]] = {}
        for example in self.kept:
            groups.setdefault(example.group, []).append(example)
        chosen: list[list[Example]] = []
        for group in reversed(groups.values()):
            if chosen and sum(map(len, chosen)) + len(group) > most:
                break
            chosen.append(group)
        return chosen[::-1]

    def state(self) -> dict[str, Any]:
        """All but the features, for JSON."""
        return {"buffer": [_without_features(e) for e in self.kept]}

    def features(self) -> dict[str, torch.Tensor]:
        """The features of all, stacked in the order of :meth:`state`; empty where none has any."""
        return _stacked(self.kept)

    def restore(self, state: Mapping[str, Any], features: np.ndarray | None) -> None:
        """Takes over what :meth:`state` and :meth:`features` gave."""
        rows = features if features is not None else [None] * len(state["buffer"])
        self.kept = [
            Example(**fields, features=row)
            for fields, row in zip(state["buffer"], rows, strict=True)
        ]


def _without_features(example: Example) -> dict[str, Any]:
    return {k: v for k, v in asdict(example).items() if k != "features"}


def _stacked(examples: Sequence[Example]) -> dict[str, torch.Tensor]:
    rows = [e.features for e in examples if e.features is not None]
    return {"features": torch.from_numpy(np.stack(rows))} if rows else {}


@contextmanager
def seeded_from(generator: torch.Generator, device: torch.device) -> Iterator[None]:
    """Seeds torch from a private generator and gives the global state back afterwards."""
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(int(torch.randint(2**31, (1,), generator=generator)))
        yield


def learned_tensors(
    parameters: Sequence[nn.Parameter], optimizer: torch.optim.Optimizer
) -> dict[str, torch.Tensor]:
    """Parameters and the optimiser's moments by name, on the CPU."""
    tensors = {}
    for i, parameter in enumerate(parameters):
        tensors[f"parameter.{i}"] = parameter.detach().cpu().contiguous()
        for name, value in optimizer.state.get(parameter, {}).items():
            tensors[f"optimizer.{i}.{name}"] = torch.as_tensor(value).cpu().contiguous()
    return tensors


def restore_learned(
    tensors: Mapping[str, torch.Tensor],
    parameters: Sequence[nn.Parameter],
    optimizer: torch.optim.Optimizer,
) -> None:
    """Takes over what :func:`learned_tensors` gave.

    Args:
        tensors: by name.
        parameters: the same ones in the same order.
        optimizer: of these; gets their moments.

    Raises:
        KeyError: a parameter is missing.
        RuntimeError: a parameter has another shape.
    """
    for i, parameter in enumerate(parameters):
        parameter.data.copy_(tensors[f"parameter.{i}"].view(parameter.shape))
        names = [n for n in tensors if n.startswith(f"optimizer.{i}.")]
        moments = {n.rsplit(".", 1)[1]: tensors[n] for n in names}
        if moments:
            optimizer.state[parameter] = {
                n: t if n == "step" else t.to(parameter.device) for n, t in moments.items()
            }


def write_state(
    folder: Path,
    parameters: Sequence[nn.Parameter],
    optimizer: torch.optim.Optimizer,
    generator: torch.Generator,
    replay: Replay | GroupReplay,
    counts: Mapping[str, Any],
) -> None:
    """Writes ``discriminator.safetensors`` and ``discriminator.json``: all it needs to go on.

    Args:
        folder: made where it isn't there.
        parameters: what it learns, in a fixed order.
        optimizer: of these; its moments are written.
        generator: of its random choices.
        replay: its examples.
        counts: further values, for JSON.
    """
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors = learned_tensors(parameters, optimizer)
    tensors |= {"generator": generator.get_state(), **replay.features()}
    save_file(tensors, folder / "discriminator.safetensors")
    text = json.dumps({**replay.state(), **counts}, ensure_ascii=False, sort_keys=True)
    (folder / "discriminator.json").write_text(text, encoding="utf-8")


def read_state(
    folder: Path,
    parameters: Sequence[nn.Parameter],
    optimizer: torch.optim.Optimizer,
    generator: torch.Generator,
    replay: Replay | GroupReplay,
) -> dict[str, Any]:
    """Restores, in place, what :func:`write_state` wrote.

    Args:
        folder: where it was written.
        parameters: as then, in the same order.
        optimizer: of these.
        generator: gets its state.
        replay: gets its examples.

    Returns:
        The counts, beside the examples.

    Raises:
        OSError: a file is missing.
        KeyError: a parameter or a value is missing.
        RuntimeError: a parameter has another shape.
        ValueError: a file can't be read.
    """
    from safetensors.torch import load_file

    tensors = load_file(folder / "discriminator.safetensors")
    state = json.loads((folder / "discriminator.json").read_text(encoding="utf-8"))
    restore_learned(tensors, parameters, optimizer)
    generator.set_state(tensors["generator"])
    replay.restore(state, tensors["features"].numpy() if "features" in tensors else None)
    return state
