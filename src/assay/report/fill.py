"""Pages from templates: an HTML file with its styles, scripts and data inside, and a policy that lets no others in."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from assay.base.units import Bytes, Tokens
from assay.report.inline import content_policy
from assay.report.table import interval, signed


def fill(template: str, styles: list[str], scripts: list[str], **values: Any) -> str:
    """The HTML of a template. Styles and scripts are ours, and taken as they are; values are escaped."""
    style = "\n".join(styles)
    return (
        _environment()
        .get_template(template)
        .render(
            policy=content_policy(scripts, style),
            style=Markup(style),  # noqa: S704 - ours, and so are the scripts
            scripts=[Markup(script) for script in scripts],  # noqa: S704
            **values,
        )
    )


def template_file(name: str) -> str:
    """A style sheet or script."""
    return (Path(__file__).parent / "templates" / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("assay.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": lambda value: f"{value:,}",
        "tokens": lambda value: str(Tokens(value)).split()[0],
        "bytes": lambda value: str(Bytes(value)),
        "signed": signed,
        "interval": interval,
    }
    return environment
