"""The command ``finlmm``: run, sweep, status, report, compare, check, gallery, merge, measured."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import Any

from finlmm_utils.checkout import repository_root
from finlmm_utils.study.errors import ParameterError, StudyError
from finlmm_utils.study.parameters.check import is_path, parse_text, unknown_entry
from finlmm_utils.study.parameters.notebooks import notebook
from finlmm_utils.study.parameters.profiles import PROFILES, load_profile
from finlmm_utils.study.parameters.values import settle, value_lines

USAGE = 2
OPTIONS = {"profile": "--profile", "run_dir": "--out"}
"""Parameters that have an option of their own, since more than the notebooks hangs on them."""


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    top = argparse.ArgumentParser(prog="finlmm", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="execute notebooks in order")
    run.add_argument("notebooks", nargs="*", help="numbers, e.g. 01 02; default: all")
    run.add_argument("--profile", default="cpu", help=", ".join(PROFILES) + " (default: cpu)")
    run.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", dest="settings",
        help="one parameter; may be given again",
    )  # fmt: skip
    run.add_argument("--seeds", help="e.g. 1,2,3; several: each in its own folder seed_N")
    run.add_argument("--out", type=Path, help="default: papermill_runs/runs/PROFILE")
    run.add_argument("--base", type=Path, help="run folder to take earlier notebooks from")
    run.add_argument(
        "--resume", action="store_true",
        help="skip what is completed under the same id, go on from the first that is not",
    )  # fmt: skip
    run.add_argument(
        "--show", action="store_true", help="print every value and where it is from; run nothing"
    )
    run.add_argument("--cell-timeout", type=float, metavar="SECONDS", help="default: none")

    sweep = commands.add_parser("sweep", help="run a grid of settings and seeds in parallel")
    sweep.add_argument("file", type=Path, help="papermill_runs/sweeps/NAME.yaml")
    sweep.add_argument("--jobs", type=int, default=1, help="processes at a time (default: 1)")
    sweep.add_argument("--out", type=Path, help="default: papermill_runs/runs/sweep_NAME")
    sweep.add_argument("--resume", action="store_true", help="skip what is completed")

    status = commands.add_parser("status", help="manifests at a glance")
    status.add_argument("folder", type=Path)
    report = commands.add_parser("report", help="write the page for reviewers")
    report.add_argument("folder", type=Path)
    compare = commands.add_parser("compare", help="metrics of two runs; exit code 1: they differ")
    compare.add_argument("first", type=Path)
    compare.add_argument("second", type=Path)
    compare.add_argument("--html", type=Path, metavar="FILE", help="write a page of both instead")
    check = commands.add_parser(
        "check", help="whether a run agrees with a committed one; exit code 1: it does not"
    )
    check.add_argument("gallery", type=Path, help="e.g. papermill_runs/gallery/cpu")
    check.add_argument("folder", type=Path, nargs="?", help="default: papermill_runs/runs/NAME")
    gallery = commands.add_parser("gallery", help="copy a finished run into the gallery")
    gallery.add_argument("folder", type=Path)
    gallery.add_argument("--out", type=Path, help="default: papermill_runs/gallery/NAME")
    merge = commands.add_parser("merge", help="add a LoRA adapter to its base, save one model")
    merge.add_argument("adapter", type=Path, help="policy folder of notebook 04 or 05")
    merge.add_argument("folder", type=Path, help="new folder")
    measured = commands.add_parser(
        "measured",
        help="take a run's times into measured.json, renew README and REPRODUCIBILITY.md",
    )
    measured.add_argument("folder", type=Path, nargs="?")
    return top


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: Default: those of the process.

    Returns:
        Exit code: 0; 2 for a wrong parameter or a missing artefact; else how the run ended.
    """
    options = parser().parse_args(arguments)
    if sys.stdout.encoding and sys.stdout.encoding.lower() != "utf-8":
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return int(globals()[f"_{options.command}"](options))
    except StudyError as error:
        print(f"finlmm: {error}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("finlmm: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 1


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt


def _settings(texts: list[str], chosen: dict[str, Any]) -> dict[str, Any]:
    """Parse ``--set name=value``; a path is taken from the working directory.

    ``training.kl=0.01`` sets one entry of a parameter that is a mapping in the profile.
    """
    values: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise ParameterError(f"--set {text!r}: expected NAME=VALUE")
        if name in OPTIONS:
            raise ParameterError(f"--set {text!r}: expected {OPTIONS[name]} {value or '...'}")
        whole, dot, entry = name.partition(".")
        if dot and isinstance(chosen.get(whole), dict):
            if entry not in chosen[whole]:
                raise ParameterError(
                    f"--set {text!r}: " + unknown_entry(whole, entry, chosen[whole])
                )
            values[whole] = {**chosen[whole], **values.get(whole, {}),
                             entry: parse_text(whole, value)}  # fmt: skip
            continue
        values[name] = parse_text(name, value)
        if is_path(name) and value and Path(value).expanduser().exists():
            values[name] = str(Path(value).expanduser().resolve())
    return values


def _seeds(text: str | None, default: int) -> list[int]:
    if text is None:
        return [default]
    try:
        seeds = [int(part) for part in text.split(",")]
    except ValueError:
        raise ParameterError(f"--seeds {text!r}: expected whole numbers, e.g. 1,2,3") from None
    if len(set(seeds)) != len(seeds):
        raise ParameterError(f"--seeds {text!r}: expected each seed once")
    return seeds


def _run(options: argparse.Namespace) -> int:
    from finlmm_utils.study.runner.plan import all_numbers, plan, point_to
    from finlmm_utils.study.runner.runner import execute

    numbers = sorted({notebook(number).number for number in options.notebooks or all_numbers()})
    changes = _settings(options.settings, load_profile(options.profile))
    changed = {text.partition("=")[0] for text in options.settings}
    values, origins = settle(numbers, options.profile, changes, changed)
    seeds = _seeds(options.seeds, values.get("seed", 1))
    out = options.out or repository_root() / "papermill_runs" / "runs" / options.profile
    out = out.expanduser().resolve()
    if options.show:
        values, origins = _with_options(options, values, origins, out)
        print("\n".join(value_lines(numbers, values, origins)))
        return 0
    folders = {s: out / f"seed_{s}" if len(seeds) > 1 else out for s in seeds}
    for folder in folders.values():
        point_to(folder, options.base.resolve() if options.base else None)
    for seed, folder in folders.items():  # all of them before any work starts
        plan(numbers, {**values, "seed": seed}, folder)
    code = 0
    try:
        for seed, folder in folders.items():
            steps = plan(numbers, {**values, "seed": seed}, folder)
            label = f"seed {seed} " if len(seeds) > 1 else ""
            code = execute(
                steps, resume=options.resume, cell_timeout=options.cell_timeout, label=label
            )
            if code:
                break
    finally:
        _write_report(out)
    return code


def _with_options(
    options: argparse.Namespace, values: dict[str, Any], origins: dict[str, str], out: Path
) -> tuple[dict[str, Any], dict[str, str]]:
    """Values and origins with those that options of their own decide, for ``--show``."""
    values, origins = {**values, "run_dir": str(out)}, {**origins, "profile": "--profile"}
    origins["run_dir"] = "--out" if options.out else "default of --out"
    if options.seeds:
        values["seed"], origins["seed"] = _seeds(options.seeds, 1)[0], f"--seeds {options.seeds}"
    return values, origins


def _write_report(folder: Path) -> None:
    from finlmm_utils.study.report.page import write_report

    print(f"page for reviewers: {write_report(folder)}", flush=True)


def _sweep(options: argparse.Namespace) -> int:
    from finlmm_utils.study.runner.sweeps import run_sweep

    out = options.out or repository_root() / "papermill_runs" / "runs" / (
        "sweep_" + options.file.stem
    )
    code = run_sweep(options.file, out.resolve(), jobs=options.jobs, resume=options.resume)
    if any(out.rglob("manifest.json")):
        _write_report(out.resolve())
    return code


def _status(options: argparse.Namespace) -> int:
    from finlmm_utils.study.report.status import status_table

    print(status_table(options.folder))
    return 0


def _report(options: argparse.Namespace) -> int:
    _write_report(options.folder.resolve())
    return 0


def _compare(options: argparse.Namespace) -> int:
    from finlmm_utils.study.report.compare import compare
    from finlmm_utils.study.report.compare_page import compare_page

    if options.html:
        print(compare_page(options.first, options.second, options.html))
        return 0
    text, same = compare(options.first, options.second)
    print(text)
    return 0 if same else 1


def _check(options: argparse.Namespace) -> int:
    from finlmm_utils.study.report.compare import check

    runs = repository_root() / "papermill_runs" / "runs"
    text, agrees = check(options.gallery, options.folder or runs / options.gallery.resolve().name)
    print(text)
    return 0 if agrees else 1


def _gallery(options: argparse.Namespace) -> int:
    from finlmm_utils.study.report.gallery import make_gallery
    from finlmm_utils.study.results import write_results

    gallery = repository_root() / "papermill_runs" / "gallery"
    folder = options.folder.resolve()
    print(make_gallery(folder, options.out or gallery / folder.name))
    if not options.out:
        write_results()
    return 0


def _merge(options: argparse.Namespace) -> int:
    from finlmm_utils.processor import PolicyError
    from finlmm_utils.tar.models import merge_adapter

    try:
        merge_adapter(options.adapter, options.folder)
    except PolicyError as error:
        raise ParameterError(str(error)) from None
    return 0


def _measured(options: argparse.Namespace) -> int:
    from finlmm_utils.study.results import write_results
    from finlmm_utils.study.runner import measured

    if options.folder:
        measured.record(options.folder)
    for path in dict.fromkeys((*measured.write_tables(), *write_results())):
        print(f"renewed {path.relative_to(repository_root())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
