"""Where every yen of the receipts went: Σ attributed + 未帰属 = 収納ファイル合計 (REPORTS.md §6.8). Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reports.attribution import Attribution, Payment, Touch, TouchKind, Unattributed
from reports.figures import Reconciliation
from reports.request import Period


def reconcile(
    payments: Sequence[Payment],
    touches: Sequence[Touch],
    attribution: Attribution,
    window: Period,
    own: str,
    is_own: Callable[[int], bool],
) -> Reconciliation:
    """Sort every payment of the window into one line. `own` names the form's own line; `is_own` knows its touches."""
    labels = [own, *(_elsewhere(kind) for kind in TouchKind), *(reason.value for reason in Unattributed)]
    sums = {label: [0, 0, 0] for label in labels}
    for payment, last in zip(payments, attribution.last, strict=True):
        if isinstance(last, Unattributed):
            label = last.value
        else:
            label = own if is_own(last) else _elsewhere(touches[last].kind)
        for position, amount in enumerate((1, payment.principal_yen, payment.extras_yen)):
            sums[label][position] += amount
    lines = [(label, count, principal, extras) for label, (count, principal, extras) in sums.items()]
    return Reconciliation(
        title="収納額の突合",
        window=f"領収日 {window.first.isoformat()}~{window.last.isoformat()} の確報",
        lines=tuple(lines),
        receipts=sum(count for _, count, _, _ in lines),
        principal_yen=sum(principal for _, _, principal, _ in lines),
        extras_yen=sum(extras for _, _, _, extras in lines),
    )


def _elsewhere(kind: TouchKind) -> str:
    return f"{kind.value}(この表の外)"
