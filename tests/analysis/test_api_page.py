import inspect
from importlib import import_module
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "analysis-api.md").read_text(encoding="utf-8")
MODULES = [
    "design",
    "merging",
    "linearised",
    "means",
    "quantiles",
    "intervals",
    "domains",
    "significance",
    "replicates",
    "nonresponse",
    "weights",
    "fitting",
    "balance",
    "coverage_of_estimators",
    "composite.structure",
    "composite.measured",
    "composite.errors",
    "composite.screening",
    "composite.treatment",
    "composite.normalisation",
    "composite.weights",
    "composite.aggregation",
    "composite.method",
    "composite.components",
    "composite.audit",
    "composite.ranks",
    "composite.uncertainty",
    "composite.sensitivity",
    "index",
    "pairs",
    "compare",
    "change",
    "composite.provinces",
    "targets",
    "quality",
    "quality.items",
    "quality.flags",
    "quality.edits",
    "disclosure",
    "disclosure.tables",
    "disclosure.rules",
    "disclosure.attack",
    "disclosure.hiding",
    "disclosure.differences",
    "export",
    "export.formats",
    "export.variables",
    "export.labels",
    "export.ddi",
    "export.xlsform",
    "columnar",
    "columnar_reading",
    "columnar_sql",
]
#: Results and errors of functions that have their own line, or parts of the simulation.
WITH_OTHERS = {"Firms"}


@pytest.mark.parametrize("name", MODULES)
def test_every_function_and_class_has_its_words_on_the_page(name):
    module = import_module(f"analysis.{name}")
    public = {
        what
        for what, value in vars(module).items()
        if not what.startswith("_")
        and (inspect.isfunction(value) or inspect.isclass(value))
        and value.__module__ == module.__name__
    }
    assert {what for what in public - WITH_OTHERS if f"{what}`" not in PAGE} == set()
