"""Measures, forms and exports: what worked by hour, district and document.

The way through: `request.ask` checks what is wanted, `build` reads the facts known by that moment and counts them into
a `Form`, `exports.export` writes it in any format, `drilldown` gives the rows behind a figure, `invariants.check` proves
that the forms add up.
"""

from reports.catalogue import build
from reports.drill import Behind, drilldown
from reports.figures import Form
from reports.request import Axis, FormName, Period, Request, ask, axis_named, form_named, period_of

__all__ = [
    "Axis",
    "Behind",
    "Form",
    "FormName",
    "Period",
    "Request",
    "ask",
    "axis_named",
    "build",
    "drilldown",
    "form_named",
    "period_of",
]
