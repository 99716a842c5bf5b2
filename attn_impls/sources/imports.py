"""The files behind modules, by their source alone: what they import, and what they name as text."""

from __future__ import annotations

import ast
import importlib.util
import pkgutil
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from .ownership import INSTALLED, OURS, RECORDED, found

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Beside Python files, the folder of what they compile.
NATIVE = "native"
#: Endings of files that are source, or settings: what a module reads besides may be its own output.
_SOURCE = frozenset(
    {".py", ".pyx", ".c", ".cc", ".cpp", ".cu", ".cuh", ".h", ".hpp", ".json", ".toml", ".yaml", ".yml", ".cfg", ".ini"}
)
#: No name of a file is longer.
_LONGEST = 255
#: What imports a module by its name.
_BY_NAME = frozenset({"import_module", "__import__"})


def closure(top: str, modules: frozenset[str], files: frozenset[Path]) -> frozenset[Path]:
    """Return the files of modules, and of everything of the user's own that they reach. Finds, but imports nothing.

    Args:
        top: the package whose own modules these are.
        modules: by their names.
        files: of Python that no module's name leads to.

    """
    return _closure_on(tuple(sys.path), top, modules, files)


@cache
def _closure_on(_path: tuple[str, ...], top: str, modules: frozenset[str], files: frozenset[Path]) -> frozenset[Path]:
    seen: dict[str, Path] = {}
    named: set[Path] = set()
    waiting: list[str | Path] = [*modules, *files]
    while waiting:
        place = _place(waiting.pop(), top)
        if place is None or place[0] in seen:
            continue
        name, file, package = place
        seen[name] = file
        tree = _tree(file)
        for target, alternatives in _imported(tree, package):
            waiting += [target, *_submodules(target, alternatives)]
            # Packages around a module are imported with it.
            waiting += [] if target.partition(".")[0] == top else _around(target)
        # Ours name no files so; and what is of another package may.
        texts = [] if name.partition(".")[0] == OURS else list(_named_files(tree, file.parent))
        named.update(texts)
        waiting += [text for text in texts if text.suffix == ".py"]
    native = {file for path in seen.values() for file in (path.parent / NATIVE).glob("*") if file.is_file()}
    # A module may name itself.
    return frozenset({path.resolve(): path for path in (*named, *native, *seen.values())}.values())


def _place(wanted: str | Path, top: str) -> tuple[str, Path, str] | None:
    """Return name, file and package of a module; None where its source does not count, or is not there."""
    if isinstance(wanted, Path):
        return str(wanted), wanted, ""
    spec = None if _is_foreign(wanted, top) else found(wanted)
    if spec is None or spec.origin is None or not Path(spec.origin).is_file():
        return None
    if wanted.partition(".")[0] != top and INSTALLED.intersection(Path(spec.origin).parts):
        return None
    return wanted, Path(spec.origin), wanted if spec.submodule_search_locations else wanted.rpartition(".")[0]


def _is_foreign(module: str, top: str) -> bool:
    """Return whether a module's source counts only for its own package: attnbench's, or one that is recorded."""
    first = module.partition(".")[0]
    return first != top and (first in RECORDED or first == OURS)


def _around(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:depth]) for depth in range(1, len(parts))]


def _tree(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        # Compiled, or not Python of this version: it counts, and what it imports is not known.
        return ast.Module(body=[], type_ignores=[])


def _imported(tree: ast.Module, package: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the modules that a file imports, each with the names from it that may be modules too."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((alias.name, []) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                target = _absolute("." * level + (module or ""), package)
                if target:
                    yield target, [alias.name for alias in names]
            case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), args=[given, *_]) if (
                called in _BY_NAME
            ):
                yield from _by_name(given, package)


def _by_name(given: ast.expr, package: str) -> Iterator[tuple[str, list[str]]]:
    """Yield what ``import_module`` may import; where the end of the name is not in the source, the whole package."""
    match given:
        case ast.Constant(value=str(name)):
            target = _absolute(name, package)
            if target:
                yield target, []
            return
        case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]):
            pass
        case ast.BinOp(op=ast.Add(), left=ast.Constant(value=str(start))):
            pass
        case ast.JoinedStr(values=[ast.FormattedValue(value=ast.Name(id="__package__" | "__name__")), *_]):
            start = "."
        case ast.BinOp(op=ast.Add(), left=ast.BinOp(left=ast.Name(id="__package__" | "__name__"))):
            start = "."
        case _:
            return
    # The dots of a relative name are not those that end a package's name.
    dots = start[: len(start) - len(start.lstrip("."))]
    target = _absolute(dots + start[len(dots) :].rpartition(".")[0], package) if "." in start else ""
    if target:
        yield target, [name for _, name, _ in pkgutil.iter_modules(_folders(target))]


def _absolute(name: str, package: str) -> str:
    """Return the full name of a module, or nothing: there are not so many packages around it."""
    try:
        return importlib.util.resolve_name(name, package)
    except ImportError:
        return ""


def _folders(package: str) -> list[str]:
    spec = found(package)
    return list(spec.submodule_search_locations or ()) if spec is not None else []


def _submodules(target: str, names: list[str]) -> list[str]:
    """Return the imported names that may be modules: those of a package."""
    return [f"{target}.{name}" for name in names] if names and _folders(target) else []


def _named_files(tree: ast.Module, folder: Path) -> Iterator[Path]:
    """Yield the files that a source names as text: beside it, or in folders that it names too."""
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    texts = {text for text in texts if 0 < len(text) <= _LONGEST and text.isprintable()}
    # A module beside it that is loaded by its path may be named without its ending.
    modules = {f"{text}.py" for text in texts if text.isidentifier()}
    files = sorted({text for text in texts if Path(text).suffix in _SOURCE} | modules)
    folders = [folder, *_named_folders(texts, folder)]
    yield from (place / text for text in files for place in folders if (place / text).is_file())


def _named_folders(texts: Iterable[str], folder: Path) -> list[Path]:
    return [folder / text for text in sorted(texts) if text not in {".", "/"} and (folder / text).is_dir()]
