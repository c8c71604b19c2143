import random

import pandas as pd
import pytest

from analysis.coverage import one_wave
from questionnaires.demonstration import distribution
from questionnaires.files import framework_path, instrument_path, load_framework, load_instrument
from questionnaires.framework import Framework
from questionnaires.instrument import Instrument
from questionnaires.reference import province_values


@pytest.fixture(scope="session")
def pci() -> Instrument:
    return load_instrument(instrument_path("pci_domestic"))


@pytest.fixture(scope="session")
def pci_2023() -> Framework:
    return load_framework(framework_path("pci_2023"))


@pytest.fixture(scope="session")
def lang_son() -> dict[str, float]:
    return dict(province_values("Lạng Sơn"))


@pytest.fixture(scope="session")
def wave(pci: Instrument) -> pd.DataFrame:
    """220 answers of a simulated wave whose expected indicators are those published."""
    return one_wave(pci, distribution(), random.Random(7))
