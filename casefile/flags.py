"""架電停止・要注意 flags of DOMAIN.md §2.7 and what each one does by default; a city's `flag_rule` rows decide."""

from __future__ import annotations

from collections.abc import Iterator

from casefile.vocabulary import Channel, Effect, Labelled, Purpose


class FlagCode(Labelled):
    """The codes; `casefile/data/flags.toml` says what core systems call them."""

    DV_SUPPORT = "dv_support", "支援措置(DV等)"
    DECEASED = "deceased", "死亡・相続"
    BANKRUPTCY = "bankruptcy", "破産・免責"
    PUBLIC_ASSISTANCE = "public_assistance", "生活保護"
    GRACE = "grace", "徴収猶予・換価猶予・執行停止"
    INSTALMENT = "instalment", "分納履行中"
    OBJECTION = "objection", "不服申立中"
    LAWYER = "lawyer", "弁護士受任"
    SEIZURE = "seizure", "差押中"
    DISASTER = "disaster", "被災・減免申請"
    RETURNED_MAIL = "returned_mail", "返戻・居所不明"
    CALL_REFUSAL = "call_refusal", "架電拒否"
    SMS_REFUSAL = "sms_refusal", "SMS拒否"
    HIGH_AMOUNT = "high_amount", "高額"
    FOREIGN_LANGUAGE = "foreign_language", "外国語対応"
    HEARING = "hearing", "聴覚障害"


_R, _S, _W = Effect.REFUSE, Effect.STAFF, Effect.WARN
_ALL = tuple(Purpose)
_DUNNING = (Purpose.DUNNING,)
_MONEY = (Purpose.DUNNING, Purpose.DIRECT_DEBIT)

# flag → (purposes, effect on a call, on an SMS, on a letter); None: no effect.
_DEFAULTS: dict[FlagCode, tuple[tuple[Purpose, ...], Effect | None, Effect | None, Effect | None]] = {
    FlagCode.DV_SUPPORT: (_ALL, _S, _R, _S),
    FlagCode.DECEASED: (_ALL, _R, _R, _S),
    FlagCode.BANKRUPTCY: (_MONEY, _R, _R, _S),
    FlagCode.PUBLIC_ASSISTANCE: (_MONEY, _R, _R, _S),
    FlagCode.GRACE: (_DUNNING, _R, _R, _R),
    FlagCode.INSTALMENT: (_DUNNING, _R, _R, _S),
    FlagCode.OBJECTION: (_DUNNING, _S, _R, _S),
    FlagCode.LAWYER: (_MONEY, _S, _R, _S),
    FlagCode.SEIZURE: (_DUNNING, _S, _R, _W),
    FlagCode.DISASTER: (_DUNNING, _R, _R, _R),
    # Returned mail is a reason to call and to text.
    FlagCode.RETURNED_MAIL: (_ALL, _W, None, _R),
    FlagCode.CALL_REFUSAL: (_ALL, _R, None, None),
    FlagCode.SMS_REFUSAL: (_ALL, None, _R, None),
    FlagCode.HIGH_AMOUNT: (_DUNNING, _S, _S, _W),
    FlagCode.FOREIGN_LANGUAGE: (_ALL, _S, _R, _W),
    FlagCode.HEARING: (_ALL, _R, None, None),
}


def default_rules() -> Iterator[tuple[FlagCode, Channel, Purpose, Effect]]:
    """Every default rule, in a fixed order."""
    for flag, (purposes, *effects) in _DEFAULTS.items():
        for channel, effect in zip((Channel.CALL, Channel.SMS, Channel.LETTER), effects, strict=True):
            if effect is not None:
                yield from ((flag, channel, purpose, effect) for purpose in purposes)
