"""What the cells of a notebook need from a run: folders, figures, metrics, progress."""

from __future__ import annotations

import inspect
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from finlmm_utils.checkout import repository_root
from finlmm_utils.output import clock, no_formula, progress_line, write_text
from finlmm_utils.plot_style import save_figure, title_of
from finlmm_utils.study.artefacts import check_intact, read_json, reading
from finlmm_utils.study.errors import MissingArtefact, RunError
from finlmm_utils.study.parameters.notebooks import Notebook, notebook

T = TypeVar("T")
UPSTREAM_FILE = "upstream.txt"
RESULT_FILE = "result.txt"
"""A notebook's sentence of result."""
HEARTBEAT_SECONDS = 2.0


@dataclass(frozen=True)
class Run:
    """One notebook at work: its parameters, its folder and the notebooks before it.

    Attributes:
        notebook: Which notebook.
        parameters: The validated model of :mod:`finlmm_utils.study.parameters.check`.
        folder: Where this notebook's artefacts go; exists.
        id: Id of the run, or ``by-hand-...`` where no runner started the kernel.
    """

    notebook: Notebook
    parameters: Any
    folder: Path
    id: str

    def upstream(self, number: str, artefact: str = "") -> Path:
        """Find a file or folder that an earlier notebook of this run left.

        Args:
            number: The earlier notebook, e.g. ``"03"``.
            artefact: Its file or folder, e.g. ``"rows"``; empty for the notebook's folder.

        Returns:
            The path; it exists.

        Raises:
            MissingArtefact: It is not there, or no longer what that notebook wrote: says which
                notebooks to run first, all of them.
        """
        earlier = notebook(number)
        for base in run_folders(self.folder.parent):
            folder = base / earlier.stem
            if (folder / artefact).exists():
                again = run_first({earlier.number}, self.parameters)
                check_intact(folder, artefact, f"notebook {self.notebook.stem}: ", again)
                return folder / artefact
        before = missing(earlier.number, self.parameters, self.folder.parent)
        raise MissingArtefact(
            f"notebook {self.notebook.stem}: {earlier.stem}/{artefact} is not in run_dir"
            f" = {self.parameters.run_dir!r}: "
            + run_first({*before, earlier.number}, self.parameters)
        )

    def has(self, number: str, artefact: str = "") -> bool:
        """Whether an earlier notebook of this run left a file or folder."""
        stem = notebook(number).stem
        return any((b / stem / artefact).exists() for b in run_folders(self.folder.parent))

    def path(self, text: str) -> Path:
        """Resolve a path parameter: absolute as it is, relative against the repository root."""
        return repository_root() / Path(text).expanduser()

    def draw(
        self, name: str, data: Any, title: str, takeaway: str = "",
        pictures: Sequence[bytes] = (), **facts: Any,
    ) -> None:  # fmt: skip
        """Draw a figure of :data:`finlmm_utils.evaluation.plots.draw.FIGURES`, show and save it.

        ``finlmm figure`` draws it again from what is saved, without the notebook.

        Args:
            name: Of the figure, and of its files under ``figures/``.
            data: A pandas DataFrame of what is plotted.
            title: What the figure shows, computed from the data.
            takeaway: Caption and alternative text, a sentence; left out, the title.
            pictures: PNGs that it shows.
            **facts: What its drawing needs beside the data, JSON values.
        """
        from finlmm_utils.evaluation.plots.draw import draw

        facts = {**facts, "title": title}  # with its lines as they are
        figure = draw(f"{self.notebook.number}/{name}", data, facts, pictures)
        self.save_figure(figure, name, data, takeaway, facts, pictures)

    def save_figure(
        self, figure: Any, name: str, data: Any, takeaway: str = "",
        facts: dict[str, Any] | None = None, pictures: Sequence[bytes] = (),
    ) -> None:  # fmt: skip
        """Show a figure and save it under ``figures/``, with its data and what it says.

        Args:
            figure: A matplotlib figure.
            name: File name without extension, lower_snake.
            data: A pandas DataFrame of what is plotted.
            takeaway: A sentence computed from the data: caption and alternative text. Left out,
                the figure's title.
            facts: What its drawing needs beside the data, JSON values.
            pictures: PNGs that it shows.
        """
        cells, said = data.map(no_formula), _plain(facts or {})
        folder = self.folder / "figures"
        save_figure(figure, folder, name, cells, self.id, takeaway, said, pictures)
        import matplotlib.pyplot as plt
        from IPython.display import display

        if "IPKernelApp" in _ipython_config():
            said = takeaway or title_of(figure) or name.replace("_", " ")
            display(figure, metadata={"image/png": {"alt": said, "figure": name}})
        plt.close(figure)

    def save_metrics(self, metrics: dict[str, Any], result: str = "") -> None:
        """Write ``metrics.json``: the numbers of this run, sorted by name, no times in it.

        Args:
            metrics: JSON values; NaN and infinity are refused.
            result: What this run found, a sentence computed from its numbers: the first line of the
                notebook's page.

        Raises:
            ValueError: A number is not finite.
        """
        text = json.dumps(_plain(metrics), indent=1, sort_keys=True, allow_nan=False)
        write_text(self.folder / "metrics.json", text + "\n")
        if result:
            write_text(self.folder / RESULT_FILE, result + "\n")
            print(result)

    def progress(
        self, iterable: Iterable[T], label: str, total: int | None = None,
        note: Callable[[], str] | None = None,
    ) -> Iterator[T]:  # fmt: skip
        """Loop and print a line every few seconds: done, total, rate, time left.

        Args:
            iterable: What to loop over.
            label: First words of the line.
            total: Number of items; default ``len(iterable)`` where it has one.
            note: Gives more words for the line, such as what was spent so far.

        Yields:
            The items.
        """
        if total is None and isinstance(iterable, Sized):
            total = len(iterable)
        began = printed = time.monotonic()
        done = 0
        for item in iterable:
            yield item
            done += 1
            now = time.monotonic()
            if now - printed >= HEARTBEAT_SECONDS:
                printed = now
                progress_line(_heartbeat(label, done, total, now - began, note))
        progress_line(_heartbeat(label, done, done, time.monotonic() - began, note))


def run_folders(run_dir: Path) -> list[Path]:
    """A run's folder and, behind it, the one it takes earlier notebooks from, if it names one.

    Raises:
        RunError: The folders name each other in a circle.
    """
    found = [run_dir]
    while (pointer := found[-1] / UPSTREAM_FILE).is_file():
        with reading(pointer, "delete it, and name the other run with --base"):
            base = Path(os.path.normpath(found[-1] / pointer.read_text("utf-8").strip()))
            again = base.resolve() in [folder.resolve() for folder in found]
            base.is_dir()  # a name that no disk can hold
        if again:
            raise RunError(
                f"{pointer} leads back to {base}: expected another run's folder; delete this file"
            )
        found.append(base)
    return found


def finished(folder: Path) -> bool:
    """Whether a notebook's folder holds a completed run, by the runner or by hand."""
    manifest = folder / "manifest.json"
    if manifest.is_file():
        content = read_json(manifest, "delete it and run the notebook again")
        return isinstance(content, dict) and content.get("status") == "completed"
    return (folder / "metrics.json").is_file()


def missing(number: str, parameters: Any, run_dir: Path) -> set[str]:
    """Notebooks that a notebook needs, and those that these need, as far as they are not done.

    Args:
        number: The notebook that wants to start.
        parameters: Its own, or another notebook's of the same run.
        run_dir: The run's folder.

    Returns:
        Their numbers.
    """
    found: set[str] = set()
    waiting = [number]
    while waiting:
        for earlier in required(waiting.pop(), parameters):
            stem = notebook(earlier).stem
            if earlier not in found and not any(finished(b / stem) for b in run_folders(run_dir)):
                found.add(earlier)
                waiting.append(earlier)
    return found


def required(number: str, parameters: Any) -> tuple[str, ...]:
    """Earlier notebooks without which a notebook cannot start: 05 may take other rows than 03's."""
    sources = getattr(parameters, "stage2_data", "asp").replace("*", "+").split("+")
    return () if number == "05" and "asp" not in sources else notebook(number).needs


def run_first(numbers: Iterable[str], parameters: Any) -> str:
    """What to do where notebooks are missing, in words and as a command."""
    them = sorted(numbers)
    return (
        f"run notebook{'s' * (len(them) > 1)} {', '.join(them)} first (finlmm run {' '.join(them)}"
        f" --profile {parameters.profile} --out {parameters.run_dir})"
    )


def show_source(thing: Callable[..., Any] | type) -> None:
    """Show the source of a function or class of the package, with the file it lives in.

    Args:
        thing: A function or class.
    """
    from IPython.display import Code, display

    file = Path(inspect.getsourcefile(thing) or "")
    source = inspect.getsource(thing)
    with_place = f"# {'/'.join(file.parts[-3:])}\n{source}"
    if "IPKernelApp" in _ipython_config():
        display(Code(with_place, language="python"))
    else:
        print(with_place)


def shell() -> Any:
    """IPython's shell of this process, or None where there is none."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


def _ipython_config() -> dict[str, Any]:
    instance = shell()
    return dict(instance.config) if instance else {}


def _plain(value: Any) -> Any:
    """Turn numpy scalars and arrays, tuples and keys into JSON's own types."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return _plain(value.tolist()) if hasattr(value, "tolist") else value


def _heartbeat(
    label: str, done: int, total: int | None, seconds: float, note: Callable[[], str] | None = None
) -> str:
    rate = done / seconds if seconds > 0 else 0.0
    line = f"{label}: {done}" + (f"/{total}" if total else "")
    line += f", {rate:.1f}/s" if rate >= 1 or not done else f", {seconds / done:.1f} s each"
    left = f", {clock((total - done) / rate)} left" if total and rate and total > done else ""
    more = f", {note()}" if note else ""
    return f"{line}, {clock(seconds)} so far{left}{more}"
