"""Which files of a data set's folder hold the rows of a split, in the hub's layouts."""

from __future__ import annotations

import fnmatch
import functools
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from finlmm_utils.plain_yaml import load
from finlmm_utils.tar.data.names import Source
from finlmm_utils.tar.data.report import DataError

ROW_FILES = (".parquet", ".jsonl", ".json", ".csv", ".tsv")
TABLES = (".csv", ".tsv")
"""Read only where a set has no other files with rows: beside them they are indices and notes."""
SPLIT_WORDS = {
    "train": "train", "training": "train", "validation": "validation", "val": "validation",
    "valid": "validation", "dev": "validation", "test": "test", "testmini": "testmini",
}  # fmt: skip
"""Words of a file's name that name its split."""
PREFERRED = ("train",), ("testmini", "test", "validation", "val", "train")
"""Splits that training and evaluation take where none is asked for, the first that is there."""
_SHARD = re.compile(r"(?P<split>.+)-(?P<number>\d{1,5})-of-(?P<all>\d{1,5})(-[0-9a-f]+)?$")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")  # "TestSet", "TRAIN", "val2017"
MOST_LETTERS, MOST_READINGS = 1_000, 1_000
"""Of a card's pattern: far more than any set has (our choice); six braces of ten words in a row
would be a million patterns."""
_NO_ROWS = {"dataset_infos.json", "dataset_info.json", "state.json", "dataset_dict.json"}


def choose_files(
    folder: Path, source: Source, split: str | None, for_training: bool = True
) -> tuple[list[Path], str]:
    """The files of one split.

    A card (README.md) that lists configurations decides; else names of files and folders do
    (``data/train-00000-of-00002.parquet``, ``Testmini.parquet``, ``data/validation/x.json``), in
    capitals or not. Files without such a name are all of the rows where no file has one; beside
    files that have one they are left out.

    Args:
        folder: of the set, with its files below it.
        source: its name, for messages, and its configuration.
        split: asked for; None for the usual one (``PREFERRED``).
        for_training: which of the usual ones.

    Returns:
        The files in order of their names, and the split's name ("" where nothing names it).

    Raises:
        DataError: no files with rows, no such configuration or split (it names those there are),
            or shards of the split that are not there, where the source does not allow it.
    """
    wanted = [split.lower()] if split else list(PREFERRED[not for_training])
    files, found = _of_split(folder, source, split, wanted)
    if not files:
        raise DataError(f"{source.path}: no file of split {found!r} is there that its card names")
    missing = missing_shards(files)
    if missing and not source.partial:
        raise DataError(
            f"{source.path}: {len(missing)} shards of the split {found or 'that is asked for'} are "
            f"not there: {', '.join(missing[:5])}{', ..' if len(missing) > 5 else ''}; fetch them, "
            f"or take the rest by {source.path}?partial=yes"
        )
    return files, found


def missing_shards(files: Sequence[Path]) -> list[str]:
    """Names of the shards that are not among files of which some are numbered, as 0 of 2.

    Examples:
        >>> missing_shards([Path("data/train-00000-of-00002.parquet")])
        ['train-00001-of-00002.parquet']
    """
    sets: dict[tuple[str, ...], dict[int, str]] = {}
    for file in files:
        plain = unpacked(file)
        if shard := _SHARD.match(plain.stem):
            key = (str(file.parent), shard["split"], shard["all"], file.name[len(plain.stem) :])
            sets.setdefault(key, {})[int(shard["number"])] = shard["number"]
    missing = []
    for (_, split, count, suffix), there in sets.items():
        first = 0 if 0 in there or int(count) not in there else 1
        width = len(next(iter(there.values())))
        missing += [f"{split}-{k:0{width}}-of-{count}{suffix}"
                    for k in range(first, first + int(count)) if k not in there]  # fmt: skip
    return missing


def _of_split(
    folder: Path, source: Source, split: str | None, wanted: Sequence[str]
) -> tuple[list[Path], str]:
    by_split = _from_card(folder, source, wanted) or _from_names(folder)
    if not any(by_split.values()):
        raise DataError(f"{source.path}: no .jsonl, .json, .parquet or .csv with rows in it")
    for name in wanted:
        for found, files in by_split.items():
            if name in (found.lower(), SPLIT_WORDS.get(found.lower())):
                return files, found
        parts = [f for found, f in by_split.items() if name in re.split(r"[-_.]", found.lower())]
        if parts:  # easy_validation and hard_validation are validation
            return sorted(file for files in parts for file in files), name
    if set(by_split) == {""} and split is None:
        return by_split[""], ""
    there = sorted(filter(None, by_split))
    usual = [name for name in PREFERRED[1] if name in there]  # MathVista's test has no golds
    raise DataError(
        f"{source.path}: no split {split or wanted[0]!r}; its splits: "
        f"{', '.join(there) or 'none'}; name one, as in "
        f"{source.path}@{next(iter([*usual, *there]), 'test')}"
    )


def row_files(folder: Path) -> list[Path]:
    """All files below a folder that may hold rows, hidden ones left out."""
    found = sorted(
        path for path in folder.rglob("*")
        if unpacked(path).suffix.lower() in ROW_FILES and path.name not in _NO_ROWS
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )  # fmt: skip
    others = [path for path in found if unpacked(path).suffix.lower() not in TABLES]
    return others or found


def unpacked(path: Path) -> Path:
    """The name of a file without its ending .gz, under which its rows are read."""
    return path.with_suffix("") if path.suffix.lower() == ".gz" else path


def _from_names(folder: Path) -> dict[str, list[Path]]:
    by_split: dict[str, list[Path]] = {}
    for path in row_files(folder):
        by_split.setdefault(split_name(path.relative_to(folder)), []).append(path)
    unnamed = by_split.pop("", [])
    if not by_split:
        return {"": unnamed}
    return by_split


def split_name(path: Path) -> str:
    """The split that a file's name or folder names, in small letters; "" where none does.

    A word is known in capitals, within a name and beside digits, too: what is taken for no split's
    would be trained on.

    Examples:
        >>> split_name(Path("TRAIN.jsonl")), split_name(Path("TestSet-2.json"))
        ('train', 'test')
        >>> split_name(Path("data/testmini-00000-of-00001-f8ff70fcb2f29b1d.parquet"))
        'testmini'
        >>> split_name(Path("data/validation/hard_validation.json")), split_name(Path("rows.jsonl"))
        ('validation', '')
    """
    path = unpacked(path)
    stem = path.stem.lower()
    shard = _SHARD.match(stem)
    if shard:
        return shard["split"]
    if stem in SPLIT_WORDS or stem.partition("_")[0] in SPLIT_WORDS:
        return stem  # testmini_text_only.parquet is no testmini
    words = [w.lower() for part in (*path.parts[:-1], path.stem) for w in _WORD.findall(part)]
    return next((word for word in reversed(words) if word in SPLIT_WORDS), "")


def _from_card(folder: Path, source: Source, wanted: Sequence[str]) -> dict[str, list[Path]]:
    """Files by split as the card's configurations list them; {} where it lists none."""
    configs = {
        str(one.get("config_name", "default")): one for one in _configs(folder)
        if one.get("data_files") or one.get("data_dir")
    }  # fmt: skip
    if source.config and source.config not in configs:
        there = ", ".join(configs) or "none"
        raise DataError(f"{source.path}: no configuration {source.config!r}; it has: {there}")
    if not configs:
        return {}
    try:
        found = {name: _of_config(folder, one) for name, one in configs.items()}
    except (TypeError, LookupError, AttributeError):
        raise DataError(
            f"{folder / 'README.md'}: data_files that are no names of files; expected patterns, "
            "or splits with their patterns"
        ) from None
    usual = [name for name, one in configs.items() if one.get("default") is True]
    usual += [name for name in ("default", "main") if name in configs]
    with_split = [[n for n, files in found.items() if split in files] for split in wanted]
    first = next(filter(None, [list(found) if len(found) == 1 else [], *with_split]), [])
    only = first if len(first) == 1 else []
    for name in (source.config, *usual, *only):
        if name:
            return found[name]
    raise DataError(
        f"{source.path}: it has the configurations {', '.join(configs)}; "
        f"name one, as in {source.path}:{next(iter(configs))}"
    )


def _configs(folder: Path) -> list[Mapping[str, Any]]:
    import yaml

    card = folder / "README.md"
    text = card.read_text("utf-8-sig", errors="replace") if card.is_file() else ""
    head = re.match(r"---\s*\n(.*?)\n---", text, re.DOTALL)
    try:
        found = load(head[1]) if head else None
    except yaml.YAMLError as error:
        raise DataError(f"{card}: its head is no YAML: {str(error).splitlines()[0]}") from error
    configs = found.get("configs") if isinstance(found, dict) else None
    if not isinstance(configs or [], list):
        raise DataError(f"{card}: configs: expected a list of configurations")
    return [one for one in configs or [] if isinstance(one, dict)]


def _of_config(folder: Path, config: Mapping[str, Any]) -> dict[str, list[Path]]:
    """Files by split of one configuration of a card."""
    start = str(config.get("data_dir") or "").strip("./")
    entry = config.get("data_files")
    if not entry:
        return _from_names(folder / start)
    if isinstance(entry, str):
        entry = [entry]
    if isinstance(entry, Mapping):
        entry = [{"split": split, "path": path} for split, path in entry.items()]
    by_split: dict[str, list[Path]] = {}
    base = (folder / start).absolute()
    for one in entry:
        split, paths = (one["split"], one["path"]) if isinstance(one, Mapping) else ("train", one)
        files = by_split.setdefault(str(split), [])
        for pattern in [paths] if isinstance(paths, str) else paths:
            files += _matching(base, pattern)
    return {split: sorted(set(files)) for split, files in by_split.items()}


def _matching(base: Path, pattern: str) -> list[Path]:
    """The files of a card's pattern, as the hub reads it; a folder's name is all below it.

    ``*`` stays within a folder, ``**`` goes through any number of them, ``{a,b}`` is either. The
    pattern is held against the set's own files: it leads to no other folder and to no address.
    """
    wanted = [tuple(one.split("/")) for one in _readings(pattern.removeprefix("./").rstrip("/"))]
    wanted += [(*one, "**") for one in wanted]
    there = {path: path.relative_to(base).parts for path in row_files(base)}
    return [path for path, parts in there.items() if any(_fits(parts, one) for one in wanted)]


@functools.cache
def _fits(parts: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    """Whether a path is as a pattern says, folder by folder."""
    if not pattern or not parts:
        return not parts and set(pattern) <= {"**"}
    if pattern[0] == "**":
        return _fits(parts[1:], pattern) or _fits(parts, pattern[1:])
    return fnmatch.fnmatchcase(parts[0], pattern[0]) and _fits(parts[1:], pattern[1:])


def _readings(text: str) -> list[str]:
    """A pattern's readings, one for each choice among its braces."""
    found = [text]
    while len(text) <= MOST_LETTERS and len(found) <= MOST_READINGS:
        if (braces := re.search(r"\{([^{}]*)\}", found[0])) is None:
            return found
        start, end = found[0][: braces.start()], found[0][braces.end() :]
        found = [*found[1:], *(start + one + end for one in braces[1].split(","))]
    raise DataError(
        f"a card's pattern {text[:80]!r}: expected at most {MOST_LETTERS} letters and "
        f"{MOST_READINGS} readings of its braces"
    )
