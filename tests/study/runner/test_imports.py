"""What the processes of a run load."""

import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_notebook

from finlmm_utils.plot_style import use_style
from tests.helpers import ROOT, environment


def test_a_notebooks_process_builds_no_grammar_of_addresses() -> None:
    code = (
        "import sys, finlmm_utils.study.runner.child, papermill, nbconvert.exporters;"
        "print(sys.modules['jsonschema'].__name__, sys.modules['rfc3987_syntax'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True,
        env=environment(),
    )  # fmt: skip
    assert done.stdout.split() == ["jsonschema", "None"]


STYLE = "from finlmm_utils.plot_style import use_style; use_style()"


@pytest.mark.parametrize(
    ("code", "left"),
    [
        ("import finlmm_utils.study", "torch pandas finlmm_utils.finance.answers"),
        ("import finlmm_utils.study.runner.child", "torch pandas finlmm_utils.finance.answers"),
        ("import finlmm_utils.study.report.views.status", "finlmm_utils.study.report.page"),
        ("import finlmm_utils.study.report.page", "torch finlmm_utils.asp.questions"),
        ("import finlmm_utils.asp.page.page", "pymupdf.layout pymupdf.layout.onnx"),
        (STYLE, "pymupdf"),
    ],
)
def test_what_a_process_does_not_need_is_not_loaded(code: str, left: str) -> None:
    """Every kernel, and every call of ``finlmm``, would wait for it."""
    use_style()  # the first on a machine puts a font where later ones find it
    code = f"{code}; import sys; print(*(name for name in sys.modules if sys.modules[name]))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True,
        env=environment(),
    )  # fmt: skip
    assert not set(left.split()) & set(done.stdout.split())


def test_notebooks_are_checked_all_the_same() -> None:
    nbformat.validate(new_notebook(cells=[]))
    with pytest.raises(nbformat.ValidationError):
        nbformat.validate({**new_notebook(), "cells": [{"cell_type": "picture", "id": "a"}]})
