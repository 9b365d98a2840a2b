"""What the processes of a run load."""

import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_notebook

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


def test_notebooks_are_checked_all_the_same() -> None:
    nbformat.validate(new_notebook(cells=[]))
    with pytest.raises(nbformat.ValidationError):
        nbformat.validate({**new_notebook(), "cells": [{"cell_type": "picture", "id": "a"}]})
