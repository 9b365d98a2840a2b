"""A folder imports only folders below it, and no folder is too full to be read at a glance."""

from pathlib import Path

import pytest

from tests.helpers import ROOT
from tests.static import layers

ORDER = {  # from the ground up; rooms of one line know nothing of each other
    "": (
        "checkout errors finance intervals output plain_yaml plot_style rows torchvision_fit",
        "processor synthetic",
        "asp tar tiny",
        "evaluation",
        "study",
    ),
    "asp": (
        "card language llm records",
        "charts page questions review store",
        "alignment gold tables",
        "backends distractors figures text",
        "extract shortcut_baselines",
        "supervise",
        "engines page_images",
    ),
    "tar": (
        "checkpoints config decoding grpo_by_hand responses",
        "models rewards rollouts",
        "data discriminator monitoring shapes",
        "trainer",
        "stages",
        "launch",
    ),
    "study": (
        "errors metrics_table",
        "artefacts fits parameters",
        "capacity command_line session",
        "start",
        "runner",
        "environment report",
        "cli",
    ),
}
MOST = {"": (5, 45), "asp": (7, 47), "tar": (6, 36), "study": (7, 35)}  # floors, arrows
NOT_OURS = {  # what a half leaves to others: ASP trains nothing, TAR opens no PDF
    "asp": {"trl", "peft", "accelerate"},
    "tar": {"pymupdf", "fitz"},
}

every_sheet = pytest.mark.parametrize("sheet", layers.SHEETS, ids=lambda s: s or "package")


@every_sheet
def test_a_room_imports_only_rooms_below_it(sheet: str) -> None:
    assert layers.broken_order(sheet, ORDER[sheet]) == []


@every_sheet
def test_floors_and_arrows_stay_few(sheet: str) -> None:
    graph = layers.arrows(sheet)
    most_floors, most_arrows = MOST[sheet]
    assert max(layers.floors(graph).values()) <= most_floors
    assert sum(map(len, graph.values())) <= most_arrows


def test_no_file_is_in_a_circle_of_imports() -> None:
    assert layers.circles_of_files() == []


def test_the_package_goes_through_no_door() -> None:
    assert layers.used_doors() == []


@pytest.mark.parametrize("folder", ["finlmm_utils", "tests"])
def test_folders_are_small(folder: str) -> None:
    assert layers.full_folders(ROOT / folder) == []


@pytest.mark.parametrize("half", NOT_OURS)
def test_halves_leave_libraries_to_each_other(half: str) -> None:
    for path, tree in layers.trees(layers.PACKAGE / half).items():
        found = layers.libraries(tree) & NOT_OURS[half]
        assert not found, f"{path.relative_to(ROOT)} imports {found}"


# --- the checks see what is broken ---------------------------------------------------------------

CLEAN = {
    "__init__.py": '"""A face."""\n',
    "rows.py": '"""Rows."""\nLIMIT = 1\n',
    "low/__init__.py": '"""Low."""\n',
    "low/one.py": '"""One."""\nfrom made.rows import LIMIT\nprint(LIMIT)\n',
    "high/__init__.py": '"""High."""\n',
    "high/two.py": '"""Two."""\nfrom made.low import one\nprint(one)\n',
    "high/door.py": '"""A door."""\nfrom made.low.one import LIMIT as LIMIT\n',
}
MADE_ORDER = ("rows", "low", "high")
HIDDEN = {  # each reaches from below to above, where a search at the top of a file sees nothing
    "in a function": "def late() -> object:\n    from made.high import two\n    return two\n",
    "in a method": "class A:\n    def b(self) -> None:\n        import made.high.two\n",
    "for types only": "import typing\nif typing.TYPE_CHECKING:\n    import made.high.two\n",
    "in a try": "try:\n    from made.high.two import one\nexcept ImportError:\n    one = None\n",
    "relative": "def late() -> object:\n    from ..high import two\n    return two\n",
    "by name": "import importlib\ntwo = importlib.import_module('made.high.two')\n",
    "a name out of the face": "from made import high\nprint(high)\n",
}


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A small package whose layers are in order."""
    package = tmp_path / "made"
    for name, text in CLEAN.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text, encoding="utf-8")
    return package


def test_a_package_in_order_passes(made: Path) -> None:
    assert layers.broken_order("", MADE_ORDER, made) == []
    assert layers.arrows("", made) == {"rows": set(), "low": {"rows"}, "high": {"low"}}
    assert layers.floors(layers.arrows("", made)) == {"rows": 1, "low": 2, "high": 3}
    assert layers.circles_of_files(made) == layers.used_doors(made) == []
    assert layers.full_folders(made) == []


@pytest.mark.parametrize("source", HIDDEN.values(), ids=HIDDEN)
def test_an_import_upwards_is_seen_wherever_it_hides(made: Path, source: str) -> None:
    (made / "low" / "bad.py").write_text('"""Bad."""\n' + source, encoding="utf-8")
    (line,) = layers.broken_order("", MADE_ORDER, made)
    assert line.startswith("made/low/bad.py:")
    assert line.endswith("low may not know high")
    assert layers.circles(layers.arrows("", made))


def test_rooms_of_one_floor_are_strangers(made: Path) -> None:
    assert layers.broken_order("", ("rows", "low high"), made) == [
        "made/high/door.py:2 imports made.low.one: high may not know low",
        "made/high/two.py:2 imports made.low.one: high may not know low",
    ]


def test_a_face_and_a_door_are_held_to_the_order_too(made: Path) -> None:
    for name in ("__init__.py", "door.py"):
        text = '"""Hands on."""\nfrom made.high.two import one as one\n'
        (made / "low" / name).write_text(text, encoding="utf-8")
        (line,) = layers.broken_order("", MADE_ORDER, made)
        assert line.startswith(f"made/low/{name}:2 ")
        (made / "low" / name).write_text('"""Nothing."""\n', encoding="utf-8")


def test_the_order_names_every_room_and_no_other(made: Path) -> None:
    assert layers.broken_order("", ("rows", "low"), made) == [
        "made: room 'high' has no place in the order of tests/static"
    ]
    assert layers.broken_order("", (*MADE_ORDER, "attic"), made) == ["made: no room 'attic'"]


def test_a_folder_inside_a_folder_has_its_own_order(made: Path) -> None:
    (made / "high" / "three.py").write_text('"""3."""\nX = 1\n', encoding="utf-8")
    (made / "high" / "two.py").write_text('"""2."""\nfrom .three import X\n', encoding="utf-8")
    assert layers.broken_order("high", ("three", "two"), made) == ["high: no room 'two'"], "a door"
    (made / "high" / "two.py").write_text('"""2."""\nfrom .three import X\nY = X\n', "utf-8")
    assert layers.broken_order("high", ("three", "two"), made) == []
    (line,) = layers.broken_order("high", ("two", "three"), made)
    assert "two may not know three" in line


def test_a_circle_of_files_in_one_folder_is_seen(made: Path) -> None:
    (made / "low" / "four.py").write_text(
        '"""4."""\ndef f():\n    import made.low.one\n', encoding="utf-8"
    )
    (made / "low" / "one.py").write_text('"""1."""\nfrom made.low import four\nX = four\n', "utf-8")
    assert set(layers.circles_of_files(made)) == {"low/one", "low/four"}
    assert layers.broken_order("", MADE_ORDER, made) == []


def test_a_door_used_inside_the_package_is_seen(made: Path) -> None:
    (made / "high" / "two.py").write_text(
        '"""Two."""\ndef f():\n    from made.high.door import LIMIT\n    return LIMIT\n', "utf-8"
    )
    (line,) = layers.used_doors(made)
    assert line.startswith("made/high/two.py:3 goes through a door, made.high.door")


def test_a_full_folder_is_seen_but_doors_and_faces_are_free(made: Path) -> None:
    for k in range(layers.MOST_FILES - 1):  # one.py is there
        (made / "low" / f"file{k}.py").write_text("X = 1\n", encoding="utf-8")
    assert layers.full_folders(made) == []
    (made / "low" / "one_more.py").write_text("X = 1\n", encoding="utf-8")
    assert layers.full_folders(made) == ["made/low: 13 files, 12 at most"]
