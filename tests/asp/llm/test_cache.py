"""The cache of answers under stress: what passes is no damage, damage is found once."""

import resource
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from finlmm_utils import output
from finlmm_utils.asp.llm.cache import Cache
from finlmm_utils.output import cache_folder

pytestmark = pytest.mark.faults
THREADS = 8


def in_a_new_thread(cache, key):
    """A thread opens the file of the cache anew."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(cache.get, key).result()


def test_too_many_open_files_are_no_damage(tmp_path, capsys):
    cache = Cache(tmp_path / "answers")
    cache.set("key", "paid for")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    held = [(tmp_path / "one").open("w")]
    resource.setrlimit(resource.RLIMIT_NOFILE, (held[0].fileno() + 1, before[1]))
    try:
        assert in_a_new_thread(cache, "key") is None
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        held[0].close()
    assert "can't be read (unable to open database file)" in capsys.readouterr().out
    assert in_a_new_thread(cache, "key") == "paid for"
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["answers"]


def test_damage_that_all_threads_meet_is_set_aside_once(tmp_path, capsys):
    cache = Cache(tmp_path / "answers")
    cache.set("key", "old")
    for path in (tmp_path / "answers").glob("cache.db*"):
        path.write_bytes(b"no database " * 999)
    start = threading.Barrier(THREADS)

    def ask(number):
        start.wait(timeout=20)
        found = cache.get("key")
        cache.set(f"{number}", "new")
        return found

    with ThreadPoolExecutor(THREADS) as pool:
        assert set(pool.map(ask, range(THREADS))) == {None}
    assert sorted(path.name[:15] for path in tmp_path.iterdir()) == ["answers", "answers.damaged"]
    assert capsys.readouterr().out.count("set aside") == 1
    again = Cache(tmp_path / "answers")
    assert [again.get(f"{number}") for number in range(THREADS)] == ["new"] * THREADS


def test_a_user_without_a_home_has_a_cache_of_the_process(tmp_path, monkeypatch):
    """As in a container that is run under a number that no user has."""

    def none():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", none)
    monkeypatch.setattr(output.tempfile, "tempdir", str(tmp_path))
    output._new_folder.cache_clear()
    for told in ("", "relative"):  # which its specification says to ignore
        monkeypatch.setenv("XDG_CACHE_HOME", told)
        folder = cache_folder("llm")
        assert folder.is_relative_to(tmp_path) and folder == cache_folder("llm")
        assert folder.parents[1].stat().st_mode & 0o077 == 0, "nobody else may write there"
    output._new_folder.cache_clear()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert cache_folder("llm") == tmp_path / "x" / "finlmm" / "llm"
