"""The dialer's own arithmetic and the world's steps, compiled for simulation: one source, two speeds.

A module's functions are rebuilt over a copied namespace, so that the module itself stays plain Python; what they call among
themselves is compiled with them. Only simulations do this: nothing in `dialer` knows of a compiler.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import FunctionType, ModuleType
from typing import Any


def compile_functions(*modules: ModuleType) -> Mapping[str, Callable[..., Any]]:
    """Every function of these modules, compiled; a later module may call an earlier one's by name."""
    import numba

    compiled: dict[str, Callable[..., Any]] = {}
    for module in modules:
        namespace = {**vars(module), **{name: made for name, made in compiled.items() if name in vars(module)}}
        for name, found in list(vars(module).items()):
            if isinstance(found, FunctionType) and found.__module__ == module.__name__:
                made = numba.njit(FunctionType(found.__code__, namespace, name, found.__defaults__))
                namespace[name] = compiled[name] = made
    return compiled
