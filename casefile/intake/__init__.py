"""Files of the core system: read through a city's mapping, checked row by row, applied in one transaction each."""
