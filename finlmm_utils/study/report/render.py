"""The pages' templates (Jinja): every text is escaped, every page carries the policy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from finlmm_utils.output import write_text
from finlmm_utils.study.report.harmless import POLICY


def render(template: str, target: Path, **values: Any) -> None:
    """Fill a template and write the page.

    Args:
        template: File of the folder ``templates``.
        target: The page.
        **values: What the template names; a name that is missing is an error.
    """
    page = _environment(escape=True).get_template(template)
    write_text(target, page.render(policy=POLICY, **values))


def filled(template: str, **values: Any) -> str:
    """Fill a template of Markdown, whose texts are our own.

    Args:
        template: File of the folder ``templates``.
        **values: What the template names.
    """
    return str(_environment(escape=False).get_template(template).render(**values))


def _environment(escape: bool) -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("finlmm_utils.study.report", "templates"),
        autoescape=escape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
