"""Facts out of the database, as they were known at the report's moment.

Every read is set-based, ordered, and bounded by the moment: a call counts once it has ended by then, a 交渉記録 in the
version recorded by then, a receipt as 確報 loaded by then. What is loaded, corrected or cancelled later changes nothing
about a report of an earlier day.
"""
