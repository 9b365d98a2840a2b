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
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("finlmm_utils.study.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    write_text(target, environment.get_template(template).render(policy=POLICY, **values))
