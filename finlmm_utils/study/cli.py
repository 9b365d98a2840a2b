"""The command ``finlmm``: what each of its words does; ``command_line`` has the words."""

from __future__ import annotations

import argparse
import math
import signal
import sys
from pathlib import Path
from typing import Any

from finlmm_utils.checkout import repository_root
from finlmm_utils.study.command_line import parser
from finlmm_utils.study.errors import ParameterError
from finlmm_utils.study.parameters.check import validate
from finlmm_utils.study.parameters.notebooks import notebook
from finlmm_utils.study.parameters.profiles import load_profile
from finlmm_utils.study.parameters.values import settings_of, settle, value_lines

USAGE = 2


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: Default: those of the process.

    Returns:
        Exit code: 0; 2 for a wrong parameter or a missing artefact; else how the run ended.
    """
    options = parser(__doc__ or "").parse_args(arguments)
    if sys.stdout.encoding and sys.stdout.encoding.lower() != "utf-8":
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return int(globals()[f"_{options.command}"](options))
    except BrokenPipeError:
        return 1
    except Exception as error:
        # No place to write, no right to read: one line, as errors have that render themselves.
        if not (isinstance(error, OSError) or hasattr(error, "_render_traceback_")):
            raise
        print(f"finlmm: {error}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("finlmm: interrupted", file=sys.stderr)
        return 130


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt


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
    from finlmm_utils.study.runner.lock import locked
    from finlmm_utils.study.runner.plan import all_numbers

    numbers = sorted({notebook(number).number for number in options.notebooks or all_numbers()})
    changes = settings_of(options.settings, load_profile(options.profile))
    changed = {text.partition("=")[0] for text in options.settings}
    values, origins = settle(numbers, options.profile, changes, changed)
    seeds = _seeds(options.seeds, values.get("seed", 1))
    out = options.out or repository_root() / "papermill_runs" / "runs" / options.profile
    out = out.expanduser().resolve()
    if options.show:
        values, origins = _with_options(options, values, origins, out)
        print("\n".join(value_lines(numbers, values, origins)))
        return 0
    several = len(seeds) > 1 or bool(options.gpus)
    folders = {s: out / f"seed_{s}" if several else out for s in seeds}
    with locked([out] if options.gpus else folders.values(), options.wait):
        return _run_folders(options, numbers, changes, values, folders)


def _run_folders(
    options: argparse.Namespace, numbers: list[str], changes: dict[str, Any],
    values: dict[str, Any], folders: dict[int, Path],
) -> int:  # fmt: skip
    """Run the notebooks for each seed, in its folder, in which nobody else works."""
    from finlmm_utils.study.runner.plan import plan, point_to
    from finlmm_utils.study.runner.runner import execute
    from finlmm_utils.study.runner.sweeps import gpu_list, run_seeds

    out = next(iter(folders.values()))
    out = out.parent if len(folders) > 1 or options.gpus else out
    for folder in folders.values():
        point_to(folder, options.base.resolve() if options.base else None)
    for seed, folder in folders.items():  # all of them before any work starts
        plan(numbers, {**values, "seed": seed}, folder)
    code = 0
    gpus = gpu_list(options.gpus)
    if gpus:
        code = run_seeds(
            options.profile, numbers, changes, list(folders), out, gpus=gpus, resume=options.resume,
            base=options.base.resolve() if options.base else None,
        )  # fmt: skip
        _write_report(out)
        return code
    try:
        for seed, folder in folders.items():
            steps = plan(numbers, {**values, "seed": seed}, folder)
            label = f"seed {seed} " if len(folders) > 1 else ""
            code = execute(
                steps, resume=options.resume, cell_timeout=options.cell_timeout, label=label
            )
            if code:
                break
    finally:
        if any(out.rglob("manifest.json")):  # else nothing began, and why has been said
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

    try:
        print(f"page for reviewers: {write_report(folder)}", flush=True)
    except OSError as error:
        print(f"page for reviewers: not written, {error}", flush=True)


def _sweep(options: argparse.Namespace) -> int:
    from finlmm_utils.study.runner.sweeps import gpu_list, run_sweep

    out = options.out or repository_root() / "papermill_runs" / "runs" / (
        "sweep_" + options.file.stem
    )
    code = run_sweep(
        options.file, out.resolve(), jobs=options.jobs, resume=options.resume,
        gpus=gpu_list(options.gpus), only=options.only,
    )  # fmt: skip
    if options.only is None and any(out.rglob("manifest.json")):
        _write_report(out.resolve())
    return code


def _study(options: argparse.Namespace) -> int:
    """Runs what is left of a study's arms; with --summary, writes what there is."""
    from finlmm_utils.evaluation.arms.contrasts import commit_study
    from finlmm_utils.evaluation.arms.kept import read_kept
    from finlmm_utils.evaluation.arms.run import run_study, same_settings
    from finlmm_utils.evaluation.arms.spec import read_plan
    from finlmm_utils.evaluation.studies import studies_folder
    from finlmm_utils.study.runner.lock import locked

    plan, to = read_plan(options.plan), options.to or studies_folder()
    runs = repository_root() / "papermill_runs" / "runs"
    out = (options.out or runs / "studies" / plan.name).expanduser().resolve()
    left, values = 0, load_profile(plan.profile)
    if options.summary:
        same_settings(plan, out, read_kept(to / plan.name)[0], values)
    else:
        arms = options.arms.split(",") if options.arms else None
        with locked([out], False):
            left = run_study(
                options.plan, options.run, out, to, values, options.jobs, options.minutes, arms
            )
    print(commit_study(options.plan, out, to).title)
    return 1 if left else 0


def _status(options: argparse.Namespace) -> int:
    from finlmm_utils.study.report.views.status import status_table

    print(status_table(options.folder))
    return 0


def _report(options: argparse.Namespace) -> int:
    _write_report(options.folder.resolve())
    return 0


def _figure(options: argparse.Namespace) -> int:
    from finlmm_utils.evaluation.plots.draw import redraw
    from finlmm_utils.study.report.figures import check_data, find_figure

    key, csv = find_figure(options.folder, options.name)
    if not options.edited:
        check_data(csv)
    print(*redraw(key, csv, options.out), sep="\n")
    return 0


def _compare(options: argparse.Namespace) -> int:
    from finlmm_utils.study.report.compare import compare, compare_page

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
    from finlmm_utils.study.report.views.results import write_results

    gallery = repository_root() / "papermill_runs" / "gallery"
    folder = options.folder.resolve()
    print(make_gallery(folder, options.out or gallery / folder.name))
    if not options.out:
        write_results()
    return 0


def _merge(options: argparse.Namespace) -> int:
    from finlmm_utils.tar.models import merge_adapter

    merge_adapter(options.adapter, options.folder)
    return 0


def _fits(options: argparse.Namespace) -> int:
    from finlmm_utils.study.fits import answer

    if not 0 < options.gpu_gb < math.inf:
        raise ParameterError(f"--gpu-gb {options.gpu_gb:g}: expected one GPU's memory, above 0 GB")
    if options.gpus is not None and options.gpus < 1:
        raise ParameterError(f"--gpus {options.gpus}: expected the GPUs that train, 1 or more")
    profile = load_profile(options.profile)
    values = {**profile, **settings_of(options.settings, profile)}
    validate("05", {"run_dir": "fits", "seed": 1, **values})  # as the stage would be refused
    text, fit = answer(values, options.policy or values["policy"], options.gpu_gb, options.gpus)
    print(text)
    return 0 if fit else 1


def _measured(options: argparse.Namespace) -> int:
    from finlmm_utils.study.report.views.results import write_results
    from finlmm_utils.study.runner import measured

    if options.folder:
        measured.record(options.folder)
    for path in dict.fromkeys((*measured.write_tables(), *write_results())):
        print(f"renewed {path.relative_to(repository_root())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
