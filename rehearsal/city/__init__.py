"""A synthetic city: households, companies, phones, debts and letters that exist nowhere, on the real names of towns.

`build_city` draws it from a seed; `write_files` writes the eleven files a core system would hand over, so that the city
enters through intake like a real one.
"""

from rehearsal.city.build import CityPlan, build_city
from rehearsal.city.files import Layout, WrittenFile, known_to, write_files, write_rows
from rehearsal.city.model import SyntheticCity

__all__ = ["CityPlan", "Layout", "SyntheticCity", "WrittenFile", "build_city", "known_to", "write_files", "write_rows"]
