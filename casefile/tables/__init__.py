"""The tables of the case file, one file per subject; importing this package registers them all."""

from casefile.tables.account import ProtectedOpening, Role, UserAccount, UserRole
from casefile.tables.arrears import Arrears, InterestRate, TaxItem, TaxPeriod
from casefile.tables.attempt import Attempt, GateDecision
from casefile.tables.audit import AuditEntry, AuditSeal
from casefile.tables.contact import ContactHold, ContactRecord, ServiceRequest
from casefile.tables.document import Document, DocumentLot
from casefile.tables.flag import ContactStop, FlagRule, TaxpayerFlag
from casefile.tables.intake import ImportConflict, ImportReject, ImportRun, UnmappableCharacter
from casefile.tables.levy import LevyTotal
from casefile.tables.municipality import District, Municipality, OfficeDay
from casefile.tables.phone import Phone
from casefile.tables.promise import (
    InstalmentPlan,
    InstalmentPlanPart,
    InstalmentPlanTarget,
    Promise,
    PromisePart,
    PromiseTarget,
)
from casefile.tables.receipt import Receipt
from casefile.tables.taxpayer import Household, Representative, Taxpayer

__all__ = [
    "Arrears",
    "Attempt",
    "AuditEntry",
    "AuditSeal",
    "ContactHold",
    "ContactRecord",
    "ContactStop",
    "District",
    "Document",
    "DocumentLot",
    "FlagRule",
    "GateDecision",
    "Household",
    "ImportConflict",
    "ImportReject",
    "ImportRun",
    "InstalmentPlan",
    "InstalmentPlanPart",
    "InstalmentPlanTarget",
    "InterestRate",
    "LevyTotal",
    "Municipality",
    "OfficeDay",
    "Phone",
    "Promise",
    "PromisePart",
    "PromiseTarget",
    "ProtectedOpening",
    "Receipt",
    "Representative",
    "Role",
    "ServiceRequest",
    "TaxItem",
    "TaxPeriod",
    "Taxpayer",
    "TaxpayerFlag",
    "UnmappableCharacter",
    "UserAccount",
    "UserRole",
]
