"""Who has which phone, what is on the city's file about it, and what it leads to in truth.

A number is known for about two thirds of the cases (宇都宮市: 66.1 %, PACING.md §6); of the known ones some are dead,
changed, suspended, somebody else's by now, or a fax.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from casefile.vocabulary import PhoneHolder, PhonePlace
from rehearsal.city.model import FiledPhone, LifeStyle, Line, LineFate, Temper
from rehearsal.city.numbers import NumberPool, typed

_KNOWN = 0.66
_FATES = {
    LineFate.RIGHT: 0.862,
    LineFate.WRONG: 0.035,
    LineFate.DEAD: 0.055,
    LineFate.CHANGED: 0.012,
    LineFate.SUSPENDED: 0.024,
    LineFate.FAX: 0.012,
}
_UNREADABLE = ("不明", "なし", "要確認", "03-0", "勤務先へ")


class PhoneBook:
    """Gives out numbers and notes down in `lines` what each leads to."""

    def __init__(self, rng: random.Random, lines: dict[str, Line]) -> None:
        self._rng = rng
        self._lines = lines
        self._pool = NumberPool(rng)
        self._company_lines: dict[str, str] = {}

    def company_phones(self, no: str) -> tuple[FiledPhone, ...]:
        """A company's desk; nearly every one is known."""
        line = self._line(self._pool.landline(), (no,), mobile=False, guard=False, machine=self._rng.random() < 0.3)
        self._company_lines[no] = line.e164
        if self._rng.random() < 0.08:
            return ()
        return (FiledPhone(typed(line.e164, self._rng), line.e164, PhonePlace.CONTACT, PhoneHolder.SELF, 1),)

    def home_phones(self, style: LifeStyle, adults: Sequence[str]) -> Line | None:
        """The household's fixed line, if it has one; old people often do, with a 防犯電話 on many of them."""
        elderly = style in (LifeStyle.ELDERLY_ALONE, LifeStyle.ELDERLY_PAIR)
        has = {LifeStyle.WORKER_ALONE: 0.12, LifeStyle.SHIFT_WORK: 0.15, LifeStyle.TWO_EARNERS: 0.45}.get(style, 0.6)
        if self._rng.random() > (0.9 if elderly else has):
            return None
        number = self._pool.ip() if self._rng.random() < 0.10 else self._pool.landline()
        guard = self._rng.random() < (0.30 if elderly else 0.03)
        return self._line(number, tuple(adults), mobile=False, guard=guard, machine=self._rng.random() < 0.45)

    def personal_phones(
        self, no: str, age: int, style: LifeStyle, temper: Temper, home: Line | None, employer: str
    ) -> tuple[FiledPhone, ...]:
        """What the city has on file for one adult, in dialing order: fixed line, mobile, sometimes the workplace."""
        rng = self._rng
        mobile = None
        if rng.random() < (0.55 if age >= 75 else 0.96):
            mobile = self._line(self._pool.mobile(), (no,), mobile=True, guard=False, machine=rng.random() < 0.5)
        if rng.random() > _KNOWN + (0.06 if home else -0.02):
            return ()
        filed: list[FiledPhone] = []
        if home and rng.random() < 0.8:
            filed.append(FiledPhone(typed(home.e164, rng), home.e164, PhonePlace.HOME, PhoneHolder.SELF, 1))
        if mobile and (not filed or rng.random() < 0.55):
            filed.append(
                FiledPhone(typed(mobile.e164, rng), mobile.e164, PhonePlace.MOBILE, PhoneHolder.SELF, len(filed) + 1)
            )
        if style is not LifeStyle.COMPANY and age < 65 and rng.random() < 0.06:
            work = self._company_lines[employer]
            filed.append(FiledPhone(typed(work, rng), work, PhonePlace.WORK, PhoneHolder.EMPLOYER, len(filed) + 1))
        if rng.random() < 0.012:
            filed.append(
                FiledPhone(rng.choice(_UNREADABLE), None, PhonePlace.CONTACT, PhoneHolder.UNKNOWN, len(filed) + 1)
            )
        if temper is Temper.MOVED_AWAY:
            self._forsake(filed)
        return tuple(filed)

    def _line(self, e164: str, owners: tuple[str, ...], *, mobile: bool, guard: bool, machine: bool) -> Line:
        fate = self._rng.choices(list(_FATES), weights=list(_FATES.values()))[0]
        if fate is LineFate.FAX and mobile:
            fate = LineFate.RIGHT
        line = Line(e164, fate, mobile, owners, guard and fate is LineFate.RIGHT, machine)
        self._lines[e164] = line
        return line

    def _forsake(self, filed: Sequence[FiledPhone]) -> None:
        """Who moved away left a fixed line behind."""
        for phone in filed:
            line = self._lines.get(phone.e164 or "")
            if line and phone.place is PhonePlace.HOME and line.fate is LineFate.RIGHT:
                self._lines[line.e164] = replace(
                    line, fate=self._rng.choice((LineFate.DEAD, LineFate.WRONG)), guard=False
                )
