"""The grammar of the command ``finlmm``: its commands and their options."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from finlmm_utils.study.parameters.profiles import PROFILES


def _place(text: str) -> Path:
    """A path that leads somewhere; what is wrong with another is said before any work."""
    try:
        Path(text).expanduser().resolve()
    except (RuntimeError, ValueError) as error:  # no such user's home, links in a circle
        raise argparse.ArgumentTypeError(f"{text!r}: {error}; expected a path") from None
    if not text:
        raise argparse.ArgumentTypeError("'': expected a path")
    return Path(text)


def _seconds(text: str) -> float:
    """A time above 0."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r}: expected seconds above 0")
    return seconds


def parser(description: str = "") -> argparse.ArgumentParser:
    """The command line's grammar; ``description`` goes above its help."""
    top = argparse.ArgumentParser(prog="finlmm", description=description)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="execute notebooks in order")
    run.add_argument("notebooks", nargs="*", help="numbers, e.g. 01 02; default: all")
    run.add_argument("--profile", default="cpu", help=", ".join(PROFILES) + " (default: cpu)")
    run.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", dest="settings",
        help="one parameter; may be given again",
    )  # fmt: skip
    run.add_argument("--seeds", help="e.g. 1,2,3; several: each in its own folder seed_N")
    run.add_argument("--gpus", help="e.g. 0,1,2,3: each takes one seed at a time")
    run.add_argument("--out", type=_place, help="default: papermill_runs/runs/PROFILE")
    run.add_argument("--base", type=_place, help="run folder to take earlier notebooks from")
    run.add_argument(
        "--resume", action="store_true",
        help="skip what is completed under the same id, go on from the first that is not",
    )  # fmt: skip
    run.add_argument(
        "--show", action="store_true", help="print every value and where it is from; run nothing"
    )
    run.add_argument("--wait", action="store_true", help="wait for another run in the same folder")
    run.add_argument("--cell-timeout", type=_seconds, metavar="SECONDS", help="default: none")

    sweep = commands.add_parser("sweep", help="run a grid of settings and seeds in parallel")
    sweep.add_argument("file", type=_place, help="papermill_runs/sweeps/NAME.yaml")
    sweep.add_argument("--jobs", type=int, default=1, help="processes at a time (default: 1)")
    sweep.add_argument("--gpus", help="e.g. 0,1,2,3: each takes one job at a time")
    sweep.add_argument("--only", type=int, metavar="N", help="one job, from 0: for job arrays")
    sweep.add_argument("--out", type=_place, help="default: papermill_runs/runs/sweep_NAME")
    sweep.add_argument("--resume", action="store_true", help="skip what is completed")

    study = commands.add_parser("study", help="run the arms of a plan that is fixed before")
    study.add_argument("plan", type=_place, help="papermill_runs/studies/NAME.yaml")
    study.add_argument("--run", type=_place, help="a run with 01, 03, for some 02 and 04: its rows")
    study.add_argument("--out", type=_place, help="default: papermill_runs/runs/studies/NAME")
    study.add_argument("--jobs", type=int, default=2, help="arms at a time, one thread each")
    study.add_argument("--arms", help="only these, joined by commas")
    study.add_argument("--minutes", type=float, default=0.0, help="0: until all is done")
    study.add_argument(
        "--to", type=_place, help="studies' folder (default: the gallery's); another: anew"
    )
    study.add_argument("--summary", action="store_true", help="write what there is, run nothing")

    status = commands.add_parser("status", help="manifests at a glance")
    status.add_argument("folder", type=_place)
    report = commands.add_parser("report", help="write the page for reviewers")
    report.add_argument("folder", type=_place)
    figure = commands.add_parser("figure", help="draw one figure again from its saved data")
    figure.add_argument("folder", type=_place, help="of a run, of the gallery, or of a study")
    figure.add_argument("name", help="e.g. 06/stages; of a study: contrasts")
    figure.add_argument("--out", type=_place, default=Path("."), help="default: this folder")
    figure.add_argument(
        "--edited", action="store_true", help="draw it from data that you changed since its run"
    )
    compare = commands.add_parser("compare", help="metrics of two runs; exit code 1: they differ")
    compare.add_argument("first", type=_place)
    compare.add_argument("second", type=_place)
    compare.add_argument("--html", type=_place, metavar="FILE", help="write a page of both instead")
    check = commands.add_parser(
        "check", help="whether a run agrees with a committed one; exit code 1: it does not"
    )
    check.add_argument("gallery", type=_place, help="e.g. papermill_runs/gallery/cpu")
    check.add_argument("folder", type=_place, nargs="?", help="default: papermill_runs/runs/NAME")
    gallery = commands.add_parser("gallery", help="copy a finished run into the gallery")
    gallery.add_argument("folder", type=_place)
    gallery.add_argument("--out", type=_place, help="default: papermill_runs/gallery/NAME")
    merge = commands.add_parser("merge", help="add a LoRA adapter to its base, save one model")
    merge.add_argument("adapter", type=_place, help="policy folder of notebook 04 or 05")
    merge.add_argument("folder", type=_place, help="new folder")
    fits = commands.add_parser("fits", help="what a profile's stages need of a GPU's memory")
    fits.add_argument("--profile", default="gpu", help=", ".join(PROFILES) + " (default: gpu)")
    fits.add_argument("--policy", help="default: the profile's")
    fits.add_argument("--gpu-gb", type=float, default=80.0, help="of one GPU (default: 80)")
    fits.add_argument("--gpus", type=int, help="that train together (default: the profile's)")
    fits.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="settings")
    measured = commands.add_parser(
        "measured",
        help="take a run's times into measured.json, renew README and REPRODUCIBILITY.md",
    )
    measured.add_argument("folder", type=_place, nargs="?")
    return top
