"""Which steps belong to which kind of file: one visible table."""

from __future__ import annotations

from collections.abc import Callable

from casefile.intake.applying.arrears import apply_arrears
from casefile.intake.applying.context import Applying
from casefile.intake.applying.dispatches import apply_dispatches
from casefile.intake.applying.flags import apply_flags
from casefile.intake.applying.masters import apply_districts, apply_taxes, apply_totals
from casefile.intake.applying.people import apply_addressees, apply_households
from casefile.intake.applying.phones import apply_phones
from casefile.intake.applying.promises import apply_promises
from casefile.intake.applying.receipts import apply_receipts

STEPS: dict[str, Callable[[Applying], None]] = {
    "districts": apply_districts,
    "taxes": apply_taxes,
    "addressees": apply_addressees,
    "households": apply_households,
    "phones": apply_phones,
    "arrears": apply_arrears,
    "receipts": apply_receipts,
    "promises": apply_promises,
    "dispatches": apply_dispatches,
    "flags": apply_flags,
    "totals": apply_totals,
}
