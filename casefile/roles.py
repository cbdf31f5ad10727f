"""Rights, and the roles every municipality starts with (I14, I23)."""

from __future__ import annotations

from dataclasses import dataclass

from casefile.vocabulary import Labelled, Purpose


class Right(Labelled):
    """What a role may do; each function of the screens and of the API asks for one of these."""

    PANEL = "panel", "架電パネルの操作"
    TAX_DATA = "tax_data", "税・料の情報の閲覧"
    CORRECT_RECORDS = "correct_records", "他の担当者の交渉記録の訂正"
    COLLECTOR_CASES = "collector_cases", "徴税吏員の案件(分納・猶予・職員対応)"
    OPEN_PROTECTED = "open_protected", "支援措置対象者の案件を開く"
    TAKE_TRANSFERS = "take_transfers", "取次を受ける"
    REQUESTS = "requests", "依頼の処理"
    FLOOR = "floor", "フロアの監視"
    LISTEN_IN = "listen_in", "通話の聴取・ささやき・割り込み"
    CAMPAIGNS = "campaigns", "キャンペーンの作成・開始・停止"
    SMS_TEMPLATES = "sms_templates", "SMS文面の起案"
    SMS_APPROVE = "sms_approve", "SMS文面の承認"
    STOP_SWITCH = "stop_switch", "緊急停止"
    REPORTS = "reports", "帳票"
    EXPORT = "export", "データ出力"
    RECORDINGS = "recordings", "録音の再生"
    EXPLAIN = "explain", "架電可否の照会"
    IMPORT = "import", "データ取込"
    USERS = "users", "利用者の管理"
    SETTINGS = "settings", "設定の変更"
    AUDIT = "audit", "操作履歴の閲覧"


@dataclass(frozen=True, slots=True)
class RoleSpec:
    """A role as it is seeded: rights within purposes. A role without purposes sees no case at all."""

    role_code: str
    name: str
    rights: tuple[Right, ...]
    purposes: tuple[Purpose, ...]


_TAX_PURPOSES = (Purpose.DUNNING, Purpose.DIRECT_DEBIT, Purpose.SURVEY)

_R = Right
DEFAULT_ROLES: tuple[RoleSpec, ...] = (
    RoleSpec("operator", "オペレーター", (_R.PANEL, _R.TAX_DATA, _R.EXPLAIN), _TAX_PURPOSES),
    RoleSpec(
        "collector",
        "徴税吏員",
        (
            _R.PANEL,
            _R.TAX_DATA,
            _R.EXPLAIN,
            _R.CORRECT_RECORDS,
            _R.COLLECTOR_CASES,
            _R.OPEN_PROTECTED,
            _R.TAKE_TRANSFERS,
            _R.REQUESTS,
            _R.REPORTS,
        ),
        _TAX_PURPOSES,
    ),
    RoleSpec(
        "supervisor",
        "統括責任者",
        (
            *(_R.PANEL, _R.TAX_DATA, _R.EXPLAIN, _R.CORRECT_RECORDS, _R.REQUESTS, _R.FLOOR, _R.CAMPAIGNS),
            *(_R.SMS_TEMPLATES, _R.STOP_SWITCH, _R.REPORTS, _R.EXPORT, _R.IMPORT, _R.RECORDINGS),
            *(_R.TAKE_TRANSFERS, _R.LISTEN_IN),
        ),
        _TAX_PURPOSES,
    ),
    RoleSpec(
        "tax_officer",
        "納税課職員(管理職)",
        (
            *(
                _R.TAX_DATA,
                _R.EXPLAIN,
                _R.CORRECT_RECORDS,
                _R.COLLECTOR_CASES,
                _R.OPEN_PROTECTED,
                _R.REQUESTS,
                _R.FLOOR,
                _R.RECORDINGS,
            ),
            *(_R.CAMPAIGNS, _R.SMS_TEMPLATES, _R.SMS_APPROVE, _R.STOP_SWITCH, _R.REPORTS, _R.EXPORT, _R.IMPORT),
        ),
        _TAX_PURPOSES,
    ),
    RoleSpec("admin", "システム管理者", (_R.USERS, _R.SETTINGS, _R.IMPORT, _R.STOP_SWITCH), ()),
    RoleSpec("auditor", "監査担当", (_R.AUDIT, _R.REPORTS), _TAX_PURPOSES),
    RoleSpec("health_clerk", "健診担当", (_R.PANEL, _R.EXPLAIN, _R.REPORTS), (Purpose.HEALTH_CHECK,)),
)
"""Seeded for every municipality at its founding. An administrator sees no case; a 健診 clerk sees no tax (I14)."""
