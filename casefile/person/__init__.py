"""What a screen shows of a person: frozen read models of plain values, by the level of disclosure.

Nothing taxable is read before the identity is confirmed: NEUTRAL has the name, cautions, phones and booked calls alone.
"""

from casefile.person.arrears import ArrearsLine, TaxTotal, arrears_lines, tax_totals
from casefile.person.card import Disclosure, PersonCard, age_on, person_card
from casefile.person.cautions import Caution, cautions
from casefile.person.household import HouseholdMember, household_members
from casefile.person.papers import DocumentLine, ReceiptLine, documents, receipt_history
from casefile.person.phones import BandEvidence, PhoneLine, phones
from casefile.person.promised import PlanLine, PromiseLine, plan_list, promise_list
from casefile.person.screen import CaseScreen, case_screen
from casefile.person.search import FoundPerson, search

__all__ = [
    "ArrearsLine",
    "BandEvidence",
    "CaseScreen",
    "Caution",
    "Disclosure",
    "DocumentLine",
    "FoundPerson",
    "HouseholdMember",
    "PersonCard",
    "PhoneLine",
    "PlanLine",
    "PromiseLine",
    "ReceiptLine",
    "TaxTotal",
    "age_on",
    "arrears_lines",
    "case_screen",
    "cautions",
    "documents",
    "household_members",
    "person_card",
    "phones",
    "plan_list",
    "promise_list",
    "receipt_history",
    "search",
    "tax_totals",
]
