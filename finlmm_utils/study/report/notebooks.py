"""Executed notebooks as pages: code folded, the result first, links there and back."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import Any

from finlmm_utils.study.report.harmless import exporter, without_network
from finlmm_utils.study.report.pictures import name_pictures
from finlmm_utils.study.report.render import render
from finlmm_utils.study.runner.executed import NO_NOTEBOOK, clean
from finlmm_utils.study.session import RESULT_FILE

NOTEBOOK_LINK = re.compile(r"\[([^\]]*)\]\((\w+)\.ipynb\)")
DRAWS = re.compile(r"(?:save_figure\(\s*[\w.]+,|run\.draw\()\s*[\"'](\w+)[\"']")
"""The call that draws or saves a figure, with the figure's name."""


def export_notebook(folder: Path, index: str = "../index.html", planted: str = "") -> Path | None:
    """Turn the executed notebook of a folder into HTML that opens offline.

    Args:
        folder: A notebook's folder in a run.
        index: Link back to the run's page, as seen from the folder.
        planted: What is said where habits that were planted in the base touch its numbers.

    Returns:
        ``executed.html``, or None where there is no readable executed notebook.
    """
    source, target = folder / "executed.ipynb", folder / "executed.html"
    if not source.is_file():
        return None
    # The others count too: a link to a notebook that has run since can be clicked now.
    newest = max(path.stat().st_mtime for path in folder.parent.glob("*/executed.ipynb"))
    if target.is_file() and target.stat().st_mtime >= newest:
        return target
    import nbformat

    try:
        content = nbformat.read(source, as_version=4)
    except NO_NOTEBOOK:
        return None
    clean(content)  # the runner did so already; a notebook executed by hand comes here too
    title = _link_to_pages(content, folder)
    name_pictures(content)
    _say_result_first(content, folder, index, planted)
    template = files("finlmm_utils.study.report").joinpath("templates", "executed.html.jinja")
    html = exporter(
        template_name="classic", raw_template=template.read_text("utf-8"), anchor_link_text="#"
    )
    body, _ = html.from_notebook_node(content)
    render("notebook.html.jinja", target, title=title or folder.name, body=without_network(body))
    return target


def figure_cells(folder: Path) -> dict[str, str]:
    """Which cell of an executed notebook drew which figure.

    Args:
        folder: A notebook's folder in a run.

    Returns:
        A figure's name to the link to its cell, as seen from the folder.
    """
    import nbformat

    try:
        content = nbformat.read(folder / "executed.ipynb", as_version=4)
    except NO_NOTEBOOK:
        return {}
    return {
        name: f"executed.html#cell-id={cell.id}"
        for cell in content.cells
        if cell.cell_type == "code" and "id" in cell
        for name in DRAWS.findall(cell.source)
    }


def _link_to_pages(content: Any, folder: Path) -> str:
    """Let links between notebooks lead to their pages, or be plain words where there is none.

    Args:
        content: The notebook; its text is changed in place.
        folder: Of the notebook; those of the others lie beside it.

    Returns:
        The notebook's first heading, "" where it has none.
    """

    def page_of(link: re.Match[str]) -> str:
        there = (folder.parent / link[2] / "executed.ipynb").is_file()
        return f"[{link[1]}](../{link[2]}/executed.html)" if there else link[1]

    title = ""
    for cell in content.cells:
        if cell.cell_type == "markdown":
            heading = re.match(r"# (.+)", cell.source)
            title = title or (heading[1].strip() if heading else "")
            cell.source = NOTEBOOK_LINK.sub(page_of, cell.source)
    return title


def _say_result_first(content: Any, folder: Path, index: str, planted: str) -> None:
    """Puts the sentence of result, what was planted, and the links under the title."""
    result = folder / RESULT_FILE
    links = [f"[page of the run]({index})", "[metrics](metrics.json)", "[manifest](manifest.json)"]
    there = [link for link in links if _is_there(folder, link)]
    lines = [" · ".join(there)]
    if planted:
        lines = [f"**Planted:** {planted} [Which]({index}#planted).", "", *lines]
    if result.is_file():
        said = result.read_text("utf-8", "replace").strip()
        lines = [f"> **Result of this run.** {said}", "", *lines]
    for cell in content.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("# "):
            head, _, rest = cell.source.partition("\n")
            cell.source = "\n".join((head, "", *lines, "", rest))
            return


def _is_there(folder: Path, link: str) -> bool:
    target = link.split("](")[1].rstrip(")")
    return target.endswith("index.html") or (folder / target).is_file()
