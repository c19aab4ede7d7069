"""The floors of the house: who may import whom, and how large things may grow.

Imports are read from the source, those inside functions and under TYPE_CHECKING included.
"""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Top floor first. Packages on one floor do not know each other.
FLOORS = (
    ("cli",),
    ("workflow",),
    ("serving",),
    ("search", "ensemble", "export", "report", "tracking", "terminal"),
    ("training",),
    ("preprocessing", "evaluation", "diagnosis"),
    ("data", "runs"),
    ("spec",),
    ("events",),
    ("records",),
    ("errors",),
    ("search_spaces",),
)
FLOOR_OF = {package: floor for floor, packages in enumerate(FLOORS) for package in packages}
SPACES = {"tabular", "image", "text", "audio", "timeseries", "fusion", "autokeras", "layers"}
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "core", "base", "manager", "misc", "tools"}
HEAVY = (
    "tensorflow",
    "keras",
    "keras_tuner",
    "autokeras",
    "lightgbm",
    "pandas",
    "sklearn",
    "scipy",
    "duckdb",
    "matplotlib",
)
FILE_LINES, FUNCTION_LINES, PARAMETERS, POSITIONAL = 400, 60, 6, 2

Function = ast.FunctionDef | ast.AsyncFunctionDef


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = {module_name(path): path for top in ("automl_cli", "search_spaces") for path in (ROOT / top).rglob("*.py")}
TREES = {module: ast.parse(path.read_text(encoding="utf-8")) for module, path in SOURCES.items()}


def package_of(module: str) -> str:
    """`automl_cli.data.table` belongs to `data`; the root itself to nobody ('')."""
    parts = module.split(".")
    return "search_spaces" if parts[0] == "search_spaces" else "".join(parts[1:2])


def imports_of(module: str) -> Iterator[tuple[str, int]]:
    """Yields our own modules that a module imports, each with its line."""
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            # `from automl_cli.spec import dataset` means the module, where there is one.
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in SOURCES else node.module for name in whole]
        else:
            continue
        yield from ((name, node.lineno) for name in names if name.split(".")[0] in {"automl_cli", "search_spaces"})


def functions() -> Iterator[tuple[str, Function, ast.ClassDef | None]]:
    """Yields every function with where it stands and the class it belongs to."""
    for module, tree in TREES.items():
        owner = {id(item): node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for item in node.body}
        for node in ast.walk(tree):
            if isinstance(node, Function):
                yield f"{module}:{node.lineno} {node.name}", node, owner.get(id(node))


def positional(function: Function, owner: ast.ClassDef | None) -> list[ast.arg]:
    """Returns the parameters that may be given without their name, the instance left out."""
    every = [*function.args.posonlyargs, *function.args.args]
    static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in function.decorator_list)
    return every[1:] if owner and not static else every


def is_command(where: str) -> bool:
    """The parameters of a command are its flags: as many as a user needs, in the order in which `--help` shows them."""
    place, name = where.split(" ")
    return place.startswith(f"automl_cli.cli.{name}:")


def is_builder(where: str) -> bool:
    """The parameters of a model family's builder are its hyperparameters, as its YAML lists them."""
    place, name = where.split(" ")
    return place.startswith("search_spaces.") and place.count(".") == 2 and name in {"build", "fit"}


def length(where: str, function: Function) -> int:
    """Returns the lines of a function; of a command only those below its flags, and so of a builder."""
    first = function.body[0].lineno if is_command(where) or is_builder(where) else function.lineno
    return (function.end_lineno or 0) - first + 1


def test_imports_go_strictly_downward() -> None:
    climbing = [
        f"{module}:{line} imports {target}"
        for module in SOURCES
        for target, line in imports_of(module)
        if package_of(module) != package_of(target)
        and FLOOR_OF.get(package_of(module), -1) >= FLOOR_OF.get(package_of(target), len(FLOORS))
    ]
    assert climbing == []


def test_the_root_package_imports_nothing() -> None:
    assert list(imports_of("automl_cli")) == []


def test_no_module_is_part_of_a_cycle() -> None:
    graph = {module: {target for target, _ in imports_of(module)} for module in SOURCES}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        pytest.fail("import cycle: " + " -> ".join(error.args[1]))


def test_there_is_no_package_beyond_the_plan() -> None:
    ours = {package_of(module) for module in SOURCES} - {""}
    assert ours <= set(FLOOR_OF)
    folders = {path.parent.name for path in (ROOT / "search_spaces").glob("*/*.py")}
    assert folders <= SPACES


def test_every_name_says_what_is_inside() -> None:
    words = {module: {word for part in module.split(".") for word in part.split("_")} for module in SOURCES}
    assert {module: found for module, all_ in words.items() if (found := all_ & NAMES_THAT_SAY_NOTHING)} == {}


def test_files_and_functions_stay_small() -> None:
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for top in ("automl_cli", "search_spaces", "tests", "benchmarks")
        for path in (ROOT / top).rglob("*.py")
    }
    assert {path: count for path, count in lines.items() if count > FILE_LINES} == {}
    assert {where: size for where, f, _ in functions() if (size := length(where, f)) > FUNCTION_LINES} == {}


def test_functions_take_few_parameters_and_name_most_of_them() -> None:
    many, unnamed = [], []
    for where, function, owner in functions():
        if is_command(where) or is_builder(where):
            continue
        by_position = positional(function, owner)
        if len(by_position) + len(function.args.kwonlyargs) > PARAMETERS:
            many.append(where)
        if len(by_position) > POSITIONAL and not function.name.startswith("_"):
            unnamed.append(where)
    assert many == [], f"more than {PARAMETERS} parameters"
    assert unnamed == [], f"keywords after parameter {POSITIONAL}"


def test_no_function_of_ours_hides_its_parameters() -> None:
    # A Keras layer has to hand `name` and `dtype` on to its base class: that is not ours.
    hidden = [where for where, f, owner in functions() if f.args.kwarg and not (owner and owner.bases)]
    assert hidden == []


def test_nothing_inherits_from_our_own_classes() -> None:
    classes = [(module, n) for module, tree in TREES.items() for n in ast.walk(tree) if isinstance(n, ast.ClassDef)]
    # Errors are a tree by intention; the sections of a spec share pydantic's strictness.
    ours = {node.name for module, node in classes if package_of(module) not in {"errors", "spec"}}
    heirs = [
        f"{module}:{node.lineno} {node.name}({base.id})"
        for module, node in classes
        for base in node.bases
        if isinstance(base, ast.Name) and base.id in ours
    ]
    assert heirs == []


def test_only_two_places_catch_everything() -> None:
    swallowing = {
        module
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}))
        # To clean up and let the error go on is no catching.
        and not (isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None)
    }
    # A network that breaks costs one trial; what reaches the user becomes a sentence.
    assert swallowing <= {"automl_cli.training.trial", "automl_cli.cli"}


def test_the_command_line_loads_nothing_heavy() -> None:
    code = f"import sys, automl_cli.cli; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
