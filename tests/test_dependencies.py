"""pyproject.toml is the single source: the lock and environment.yml agree with it."""

import tomllib

import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.helpers import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
DEV = PROJECT["optional-dependencies"]["dev"]
LOCK = {
    canonicalize_name(Requirement(line).name): line
    for line in (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
}


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
    base = {Requirement(line).name: line for line in PROJECT["dependencies"]}
    gpu = {Requirement(line).name: str(Requirement(line).specifier) for line in (
        PROJECT["optional-dependencies"]["gpu"]
    )}  # fmt: skip
    assert base["torch"] == "torch==2.13.0"
    assert gpu == {"torchvision": "==0.28.0", "vllm": "==0.31.0"}
    transformers = next(iter(Requirement(base["transformers"]).specifier)).version
    assert SpecifierSet(">=5.10.4,<5.18").contains(transformers), "vLLM 0.31.0 asks for this"
    assert set(PROJECT["optional-dependencies"]) == {"gpu", "cluster", "dev"}
