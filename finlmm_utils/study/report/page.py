"""The page for reviewers: one file that opens offline, with every figure in it."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

from finlmm_utils.output import clock, write_text
from finlmm_utils.study.errors import RunError
from finlmm_utils.study.metrics_table import flatten, shown, table
from finlmm_utils.study.report.harmless import POLICY, exporter, without_network
from finlmm_utils.study.runner.executed import clean
from finlmm_utils.study.runner.manifest import Manifest, manifests
from finlmm_utils.study.runner.measured import machine_words

HEADLINES = 12
NOTEBOOK_LINK = re.compile(r"\[([^\]]*)\]\((\w+)\.ipynb\)")


def status_table(run_dir: Path) -> str:
    """Manifests below a folder at a glance.

    Args:
        run_dir: A run, a sweep, or a folder of runs.

    Returns:
        A text table.

    Raises:
        RunError: There is no manifest below it.
    """
    rows = []
    for folder, manifest in manifests(run_dir):
        status = manifest.true_status()
        rows.append(
            (
                folder.relative_to(run_dir).as_posix(),
                status,
                clock(manifest.seconds),
                f"{manifest.peak_mb:.0f} MB",
                f"{manifest.cell}/{manifest.cells}",
                manifest.id,
                manifest.error or manifest.left_words(),
            )
        )
    if not rows:
        raise RunError(f"{run_dir}: expected a run's folder with manifests, found none")
    return "\n".join(table(("notebook", "status", "time", "memory", "cell", "id", ""), rows))


def write_report(run_dir: Path) -> Path:
    """Write ``index.html`` of a run and the executed notebooks as HTML beside it.

    Args:
        run_dir: A run's folder, with or without ``seed_N`` below it.

    Returns:
        The page.

    Raises:
        RunError: The folder holds no manifest.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    found = list(manifests(run_dir))
    if not found:
        raise RunError(f"{run_dir}: expected a run's folder with manifests, found none")
    groups: dict[str, list[dict[str, Any]]] = {}
    for folder, manifest in found:
        group = folder.parent.relative_to(run_dir).as_posix()
        groups.setdefault("" if group == "." else group, []).append(
            _entry(run_dir, folder, manifest)
        )
    environment = Environment(
        loader=PackageLoader("finlmm_utils.study.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
    )
    everything = [entry for entries in groups.values() for entry in entries]
    page = environment.get_template("index.html.jinja").render(
        name=run_dir.name,
        groups=groups,
        total=clock(sum(entry["seconds"] for entry in everything)),
        peak=f"{max(entry['peak_mb'] for entry in everything):.0f} MB",
        done=sum(entry["status"] == "completed" for entry in everything),
        count=len(everything),
        policy=POLICY,
        machine=machine_words(found[0][1].machine) if found[0][1].machine else "",
        profile=found[0][1].profile,
    )
    write_text(run_dir / "index.html", page)
    return run_dir / "index.html"


def _entry(run_dir: Path, folder: Path, manifest: Manifest) -> dict[str, Any]:
    """What the page shows of one notebook."""
    metrics = folder / "metrics.json"
    values = json.loads(metrics.read_text("utf-8")) if metrics.is_file() else {}
    headline = values.get("headline") or {
        name: value for name, value in values.items() if not isinstance(value, (dict, list))
    }
    html = export_notebook(folder)
    return {
        "stem": manifest.notebook,
        "status": manifest.true_status(),
        "seconds": manifest.seconds,
        "time": clock(manifest.seconds),
        "peak_mb": manifest.peak_mb,
        "disk_mb": manifest.disk_mb,
        "id": manifest.id,
        "error": manifest.error or "",
        "left": manifest.left_words(),
        "parameters": {k: v for k, v in manifest.parameters.items() if k != "run_dir"},
        "link": html.relative_to(run_dir).as_posix() if html else "",
        "headline": {
            name: shown(value, 4) for name, value in list(flatten(headline).items())[:HEADLINES]
        },
        "figures": [_figure(path) for path in sorted(folder.glob("figures/*.png"))],
    }


def _figure(path: Path) -> dict[str, str]:
    data = base64.b64encode(path.read_bytes()).decode()
    return {"name": path.stem.replace("_", " "), "source": f"data:image/png;base64,{data}"}


def export_notebook(folder: Path) -> Path | None:
    """Turn the executed notebook of a folder into HTML that opens offline.

    Args:
        folder: A notebook's folder in a run.

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
    except (ValueError, nbformat.reader.NotJSONError):
        return None
    clean(content)  # the runner did so already; a notebook executed by hand comes here too
    title = _link_to_pages(content, folder)
    html = exporter(template_name="classic", embed_images=True, anchor_link_text="#")
    names = {"metadata": {"name": title or folder.name}}
    page, _ = html.from_notebook_node(content, resources=names)
    left = "<style>.rendered_html th, .rendered_html td { text-align: left; }</style></head>"
    write_text(target, without_network(page).replace("</head>", left, 1))
    return target


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
