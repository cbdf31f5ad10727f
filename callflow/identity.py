"""本人確認 before any word about tax (DOMAIN.md §2.7): two items said by the resident, never read out by us."""

from __future__ import annotations

from collections.abc import Collection

from callflow.codes import Contact
from casefile.vocabulary import Labelled, TaxpayerKind


class IdentityItem(Labelled):
    """Which item matched; never its content."""

    NAME = "name", "氏名"
    BIRTH_DATE = "birth_date", "生年月日"
    ADDRESS = "address", "住所"
    LOCATION = "location", "所在地"
    CONTACT_PERSON = "contact_person", "担当者の氏名・役職"
    DELEGATION = "delegation", "委任・資格の確認"


def identity_confirmed(kind: TaxpayerKind, contact: Contact | None, items: Collection[IdentityItem]) -> bool:
    """Whether enough was said to speak of tax with this contact.

    Persons: name, and date of birth or address. Companies: location, and the contact's name and post. Agents, heirs and
    tax administrators: the same of the taxpayer, and their authority.
    """
    if contact is None or not contact.is_right_party:
        return False
    said = set(items)
    if contact in (Contact.AGENT, Contact.HEIR) and IdentityItem.DELEGATION not in said:
        return False
    if kind is TaxpayerKind.COMPANY:
        return {IdentityItem.LOCATION, IdentityItem.CONTACT_PERSON} <= said
    return IdentityItem.NAME in said and bool({IdentityItem.BIRTH_DATE, IdentityItem.ADDRESS} & said)
