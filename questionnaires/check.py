"""What a questionnaire file must mean: beyond its shape, which the models keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from questionnaires import instrument_rules, rules
from questionnaires.demonstration import distribution, with_even_chances
from questionnaires.faults import BadFile, Fault, Faults, PlacedFault
from questionnaires.files import (
    AGENCIES_PATH,
    FOLDER,
    framework_path,
    load_agencies,
    load_framework,
    load_instrument,
    load_plan,
    plan_path,
)
from questionnaires.framework import Framework
from questionnaires.instrument import Instrument
from questionnaires.plan_rules import agency_faults, plan_faults
from questionnaires.reading import read
from questionnaires.timing import Length, length

#: The longest an instrument may take, in minutes, for half of the firms.
MAX_MINUTES = 20


@dataclass(frozen=True)
class Coverage:
    """How much of a framework an instrument measures."""

    close: int
    proxy: int
    survey: int  # indicators that a survey can measure

    @property
    def measured(self) -> int:
        """Return how many survey indicators have an item."""
        return self.close + self.proxy


@dataclass(frozen=True)
class Report:
    """What checking an instrument found."""

    instrument: Instrument
    length: Length | None  # None while a fault may bar the way through
    coverage: Coverage
    faults: tuple[PlacedFault, ...]


def check_instrument(path: Path, framework: Framework | None = None) -> Report:
    """Return what is wrong with an instrument, how long it takes and what it covers; raise BadFile if unreadable."""
    instrument = load_instrument(path)
    framework = framework or framework_for(instrument)
    faults = [fault for check in instrument_rules.CHECKS for fault in check(instrument)]
    took = None if faults else length(instrument, with_even_chances(distribution(), instrument))
    faults += _promise(instrument, took) if took else ()
    return Report(instrument, took, coverage(instrument, framework), _placed(path, faults))


def coverage(instrument: Instrument, framework: Framework) -> Coverage:
    """Return how many survey indicators of the framework the instrument's items measure."""
    survey = [indicator for indicator in framework.indicators if indicator.source == "survey"]
    matches = Counter(i.rule.match for i in survey if i.rule and i.rule.item in instrument.by_code)
    return Coverage(matches["close"], matches["proxy"], len(survey))


def check_framework(path: Path, instrument: Instrument) -> tuple[PlacedFault, ...]:
    """Return what is wrong with a framework beside the instrument its rules read."""
    framework = load_framework(path)
    return _placed(path, (fault for check in rules.CHECKS for fault in check(framework, instrument)))


def check_plan(path: Path, framework: Framework | None = None) -> tuple[PlacedFault, ...]:
    """Return what is wrong with a plan beside the framework and the agencies it names; raise BadFile if unreadable."""
    plan, agencies = load_plan(path), load_agencies(AGENCIES_PATH)
    framework = framework or load_framework(framework_path(plan.framework))
    return _placed(path, plan_faults(plan, agencies, framework))


def check_agencies(path: Path = AGENCIES_PATH) -> tuple[PlacedFault, ...]:
    """Return what is wrong with a list of agencies; raise BadFile if unreadable."""
    return _placed(path, agency_faults(load_agencies(path)))


def check_all() -> tuple[PlacedFault, ...]:
    """Return the faults of every shipped file."""
    found: list[PlacedFault] = []
    for path in sorted((FOLDER / "instruments").glob("*.yaml")):
        found += _faults_of(partial(_instrument_faults, path))
    own = ("satisfaction", "satisfaction_desk", "consultation")
    for framework, instrument in (("pci_2023", "pci_domestic"), *((code, code) for code in own)):
        shipped = load_instrument(FOLDER / "instruments" / f"{instrument}.yaml")
        found += _faults_of(partial(check_framework, framework_path(framework), shipped))
    found += _faults_of(partial(check_plan, plan_path("lang_son_2024")))
    found += _faults_of(check_agencies)
    return tuple(found)


def _placed(path: Path, faults: Iterable[Fault]) -> tuple[PlacedFault, ...]:
    _, lines = read(path)
    return tuple(fault.at(path, lines) for fault in faults)


def _instrument_faults(path: Path) -> tuple[PlacedFault, ...]:
    return check_instrument(path).faults


def _faults_of(check: Callable[[], Iterable[PlacedFault]]) -> Iterable[PlacedFault]:
    try:
        return check()
    except BadFile as error:
        return error.faults


def framework_for(instrument: Instrument) -> Framework:
    """Return the shipped framework that reads an instrument: its own, or else that of the PCI."""
    own = framework_path(instrument.code)
    return load_framework(own if own.exists() else framework_path("pci_2023"))


def _promise(instrument: Instrument, took: Length) -> Faults:
    if took.minutes > MAX_MINUTES:
        yield Fault(
            ("items",),
            f"Mất {took.minutes:.1f} phút, nhiều nhất là {MAX_MINUTES}: bỏ bớt câu",
            f"It takes {took.minutes:.1f} minutes, {MAX_MINUTES} at most: drop items",
        )
    if instrument.minutes < round(took.minutes):
        yield Fault(
            ("minutes",),
            f"Hứa {instrument.minutes} phút nhưng mất {took.minutes:.1f}: sửa lời hứa",
            f"{instrument.minutes} minutes are promised but it takes {took.minutes:.1f}: mend the promise",
        )
