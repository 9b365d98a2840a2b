"""pyproject.toml is the single source: imports, the lock and environment.yml agree with it."""

import sys
import tomllib
from importlib import metadata

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.helpers import ROOT
from tests.static.layers import libraries, trees
from tests.static.test_notebooks import NOTEBOOK_FILES, code_tree

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
DEV = PROJECT["optional-dependencies"]["dev"]
LOCK = {
    canonicalize_name(Requirement(line).name): line
    for line in (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
}
DISTRIBUTIONS = {  # where the name to import is not the name to install
    "PIL": "pillow",
    "yaml": "pyyaml",
    "sklearn": "scikit-learn",
    "fitz": "pymupdf",
    "vl_convert": "vl-convert-python",
    "pymupdf4llm": "pymupdf",  # part of PyMuPDF 2
}
OURS = {"finlmm_utils", "tests"} | {path.stem for path in (ROOT / "benchmarks").glob("*.py")}
NEVER_IMPORTED = {  # declared all the same, and why
    "jupyterlab": "a program: make lab",
    "onnxruntime": "rapidocr runs its models with it, and does not name it",
    "ipykernel": "a program: the kernel in which a notebook runs",
    "bitsandbytes": "transformers loads it, for adapter=qlora",
    "torchvision": "transformers loads it, for the video half of a processor",
    "vllm": "TRL loads it, for training.vllm",
    "ruff": "a program: make test, pre-commit",
    "mypy": "a program: make test, pre-commit",
    "pytest-xdist": "a plugin of pytest: make test has two workers",
    "pandas-stubs": "types that mypy reads",
    "types-pyyaml": "types that mypy reads",
}
PLACES = {  # where imports stand, and the extras that what stands there may use beside the base
    "finlmm_utils": ("gpu", "cluster"),
    "benchmarks": ("gpu", "cluster", "dev"),
    "notebooks": (),
    "tests": ("gpu", "cluster", "dev"),
}


def declared(*extras: str) -> set[str]:
    """Names of the distributions of the base and of some extras."""
    lines = [*PROJECT["dependencies"]]
    for extra in extras:
        lines += PROJECT["optional-dependencies"][extra]
    return {canonicalize_name(Requirement(line).name) for line in lines}


def imported(place: str) -> set[str]:
    """Distributions that the files of a place import, inside functions too."""
    if place == "notebooks":
        found = [code_tree(path) for path in NOTEBOOK_FILES]
    else:
        found = list(trees(ROOT / place).values())
    names = set().union(*map(libraries, found)) - set(sys.stdlib_module_names) - OURS
    return {canonicalize_name(DISTRIBUTIONS.get(name, name)) for name in names}


@pytest.mark.parametrize("place", PLACES)
def test_every_import_is_declared(place: str) -> None:
    undeclared = imported(place) - declared(*PLACES[place])
    assert not undeclared, f"{place} imports {undeclared}: declare them in pyproject.toml"


def test_every_declared_dependency_is_imported() -> None:
    """What tests and benchmarks alone import is dev's; what nothing imports goes."""
    used = imported("finlmm_utils") | imported("benchmarks") | imported("notebooks")
    reasons = set(NEVER_IMPORTED)
    idle = declared("gpu", "cluster") - used - reasons
    assert not idle, f"nothing imports {idle}: take them out of pyproject.toml, lock, environment"
    idle = declared("dev") - declared() - imported("tests") - imported("benchmarks") - reasons
    assert not idle, f"no test or benchmark imports {idle}: take them out of the extra dev"
    everything = declared("gpu", "cluster", "dev")
    assert not reasons - everything, "an exception for what is not declared"
    assert not reasons & (used | imported("tests")), "an exception for what is imported"


def test_the_checks_see_what_is_idle_and_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = PROJECT["dependencies"]
    monkeypatch.setitem(PROJECT, "dependencies", [*lines, "rank-bm25==0.2.2"])
    with pytest.raises(AssertionError, match="rank-bm25"):
        test_every_declared_dependency_is_imported()
    kept = [line for line in lines if not line.startswith(("pebble", "scipy"))]
    monkeypatch.setitem(PROJECT, "dependencies", kept)
    with pytest.raises(AssertionError, match="pebble"):  # imported inside a module
        test_every_import_is_declared("finlmm_utils")


def test_every_line_of_the_lock_is_one_exact_pin() -> None:
    for line in LOCK.values():
        pins = list(Requirement(line).specifier)
        assert [pin.operator for pin in pins] == ["=="], line
        assert "+" not in line, f"{line}: a local build exists nowhere else"
        assert not line.startswith(("nvidia", "triton", "cuda")), f"{line}: torch brings its own"
    assert LOCK["torch"] == "torch==2.13.0"


def test_the_lock_holds_what_pyproject_asks_for() -> None:
    for line in (*PROJECT["dependencies"], *DEV):
        asked = Requirement(line)
        pin = Requirement(LOCK[canonicalize_name(asked.name)])
        (version,) = (specifier.version for specifier in pin.specifier)
        assert asked.specifier.contains(version), f"{line} against {pin}"


def test_environment_yml_says_the_same() -> None:
    content = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    pip = next(item["pip"] for item in content["dependencies"] if isinstance(item, dict))
    assert pip[-1] == "-e ."
    assert set(pip[:-1]) == {*PROJECT["dependencies"], *DEV}
    python = next(d for d in content["dependencies"] if str(d).startswith("python="))
    assert SpecifierSet(PROJECT["requires-python"]).contains(python.split("=")[1])


def test_extras_fit_the_base() -> None:
    extras = PROJECT["optional-dependencies"]
    assert set(extras) == {"gpu", "cluster", "dev"}
    base = {r.name: r.specifier for r in map(Requirement, PROJECT["dependencies"])}
    gpu = {r.name: r.specifier for r in map(Requirement, extras["gpu"])}
    assert gpu == {"torchvision": SpecifierSet("==0.28.0"), "vllm": SpecifierSet("==0.31.0")}
    # What vLLM 0.31.0 asks for: torch itself, and numpy by way of mistral-common (below 2.4).
    assert base["torch"] == SpecifierSet("==2.13.0")
    assert base["numpy"].contains("2.3.5"), "numpy 2.4 and vLLM exclude each other"
    assert SpecifierSet(">=5.10.4,<5.18").contains(next(iter(base["transformers"])).version)
    takes = [Requirement(line) for line in metadata.requires("trl") or ()]
    (vllm,) = (requirement for requirement in takes if requirement.name == "vllm")
    assert vllm.specifier.contains("0.31.0"), f"TRL takes {vllm.specifier}"


def test_the_pins_admit_every_python_that_pyproject_admits() -> None:
    """Some packages drop the first releases of a Python (3.11.2 is Debian's), not only a Python."""
    for name, line in LOCK.items():
        try:
            found = metadata.metadata(name)
        except metadata.PackageNotFoundError:  # not for this platform
            continue
        if not Requirement(line).specifier.contains(found["Version"], prereleases=True):
            continue  # another release is installed, whose metadata says nothing about the pin
        asks = SpecifierSet(found.get("Requires-Python") or "")
        for python in ("3.11.0", "3.12.0"):
            assert asks.contains(python), f"{line} asks for Python {asks}"
