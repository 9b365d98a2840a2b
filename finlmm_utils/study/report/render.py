"""The pages' templates (Jinja): every text is escaped, every page carries the policy."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

from finlmm_utils.evaluation.ledger_views import digits
from finlmm_utils.output import write_text
from finlmm_utils.study.report.harmless import LINKED_POLICY, POLICY

STYLE = "pages.css"
"""The one style sheet of a gallery, above its runs. A page that has none above it holds its own."""
LEVELS = 4
"""Folders that are looked at for it: those of a notebook, a seed, a run, and the gallery."""


def render(template: str, target: Path, **values: Any) -> None:
    """Fill a template and write the page.

    Args:
        template: File of the folder ``templates``.
        target: The page.
        **values: What the template names; a name that is missing is an error.
    """
    style = style_above(target)
    page = _environment(escape=True).get_template(template)
    policy = LINKED_POLICY if style else POLICY
    write_text(target, page.render(policy=policy, style=style, **values))


def style_above(page: Path) -> str:
    """The link from a page to the style sheet of its gallery; "" outside of one."""
    folder = page.parent
    for steps in range(LEVELS):
        if (folder / STYLE).is_file():
            return "../" * steps + STYLE
        folder = folder.parent
    return ""


def write_style(gallery: Path) -> None:
    """Make a folder a gallery: its pages share pictures and a style sheet."""
    gallery.mkdir(parents=True, exist_ok=True)
    style = files("finlmm_utils.study.report").joinpath("templates", STYLE)
    write_text(gallery / STYLE, style.read_text("utf-8"))


def filled(template: str, **values: Any) -> str:
    """Fill a template of Markdown, whose texts are our own.

    Args:
        template: File of the folder ``templates``.
        **values: What the template names.
    """
    return str(_environment(escape=False).get_template(template).render(**values))


def _environment(escape: bool) -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("finlmm_utils.study.report", "templates"),
        autoescape=escape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["digits"] = digits
    return environment
