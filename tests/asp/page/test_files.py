"""Odd files among reports: each is a row, none stops the folder, and names survive."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finlmm_utils.asp.extract import extract_report
from finlmm_utils.asp.page.files import find_pdfs, kept_name, real_name, trouble
from finlmm_utils.asp.page_images import PageImages
from finlmm_utils.asp.store import read_reports
from finlmm_utils.asp.supervise import extract_folder, part_files
from finlmm_utils.study.runner.identity import folder_digest
from finlmm_utils.synthetic.reports import write_reports

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(os.name != "posix", reason="names and links of POSIX"),
]
GBK = "年报".encode("gbk") + b".pdf"
NAMES = (GBK, b"\x01\n\x1b[2J.pdf", b"<img src=x onerror=alert(1)>.PDF")


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """Good reports under odd names, and what is no report at all."""
    folder = tmp_path / "reports"
    write_reports(folder, 1, 3)
    (good,) = folder.glob("*.pdf")
    data = good.read_bytes()
    for name in NAMES:
        Path(os.fsdecode(os.path.join(os.fsencode(folder), name))).write_bytes(data + name)
    (folder / "nowhere.pdf").symlink_to("gone.pdf")
    (folder / "circle.pdf").symlink_to("circle.pdf")
    (folder / "endless.pdf").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe.pdf")
    (folder / "a folder.pdf").mkdir()
    return folder


def test_every_odd_file_is_a_row_and_the_good_ones_are_read(odd: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    rows = {row["file"]: row for row in extract_folder(odd, out, 2, timeout=60.0)}
    assert len(rows) == 1 + len(NAMES) + 4
    for name in ("nowhere.pdf", "circle.pdf", "endless.pdf", "pipe.pdf"):
        assert rows[name]["status"] == "unreadable"
        assert rows[name]["reason"]
    good = [row for row in rows.values() if row["status"] == "ok"]
    assert len(good) == 1 + len(NAMES)
    for row in good:
        row["file"].encode()
        assert row["file"].isprintable()
        assert (odd / real_name(row["file"])).is_file(), "found again by its name"
    reports = read_reports(out)
    assert {report.file for report in reports} == {row["file"] for row in good}
    gbk = next(report for report in reports if report.file.startswith("\\xc4"))
    assert PageImages(reports, [odd])(gbk.report_id, 1) != b""
    assert extract_folder(odd, out, 2, timeout=60.0) == list(rows.values()), "goes on from there"
    folder_digest(odd)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a user whose rights can be given up")
def test_a_file_that_nobody_may_read_is_a_row(tmp_path: Path) -> None:
    path = tmp_path / "secret.pdf"
    path.write_bytes(b"%PDF-1.4")
    path.chmod(0)
    os.seteuid(65534)
    try:
        assert "may not be read" in trouble(path)
        report = extract_report(path)
        assert (report.status, report.sha256) == ("unreadable", "")
        assert part_files([path], tmp_path, 150, 60.0, 2.0)
    finally:
        os.seteuid(0)


@given(st.binary(min_size=1, max_size=40).filter(lambda b: not {0, 47} & set(b)))
@settings(max_examples=500, deadline=None)
def test_any_name_is_kept_as_text_and_found_again(name: bytes) -> None:
    path = Path(os.fsdecode(name))
    if path.name:  # "." and ".." have none
        kept = kept_name(path)
        kept.encode()
        assert kept.isprintable()
        assert os.fsencode(real_name(kept)) == os.fsencode(path.name)


def test_a_folder_is_listed_in_one_order(odd: Path) -> None:
    assert find_pdfs(odd) == find_pdfs(odd)
    assert [path.name for path in find_pdfs(odd)] == sorted(path.name for path in find_pdfs(odd))
