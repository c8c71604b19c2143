"""Responses and numbers that deserve a look: long runs of one answer, near doubles, numbers out of line.

Flags only: none proves carelessness or fraud, and nothing is dropped. Near doubles are common where questions are few, choices
few or firms alike (Pew Research Center 2016).
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.columns import BLANK, NOT_ASKED, Numbers, columns_of, in_scope, valid
from analysis.design import Design
from analysis.means import mean
from questionnaires.instrument import SINGLE, Instrument, Item

#: Items that a battery needs at least before a run of one answer says anything.
MIN_BATTERY = 8
#: Two responses over this share of equal answers are near doubles (Kuriakose and Robbins 2016), on so many items at least.
MATCH, MIN_ITEMS = 0.85, 20
#: A number is far from the others over this many robust standard deviations (Iglewicz and Hoaglin 1993).
FAR = 3.5
#: Rows compared at a time.
BLOCK = 1024


def responses(frame: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Return what each response in scope looks like; index = the frame's.

    answered: share (0-1) of the items asked that hold a valid answer. battery: answered items of the largest set of single
    choices with the same options; run: the most of them with one answer in a row, items without a valid answer skipped
    (`longstring`, Johnson 2005); ends: share of them at the first or last option. match: the largest share of equal answers
    with another response, of the `items` that either was asked and did not leave blank; twin: that response.
    straight: half of a battery of eight or more in one run (Curran 2016). double: over 85 % equal on 20 items or more.
    """
    kept = frame[in_scope(frame, instrument)]
    items = [item for item in instrument.items if columns_of(item)]
    asked = np.column_stack([kept[columns_of(item)[0]].ne(NOT_ASKED) for item in items])
    given = np.column_stack([valid(kept, item) for item in items])
    table = pd.DataFrame({"answered": given.sum(axis=1) / np.maximum(asked.sum(axis=1), 1)}, kept.index)
    table = table.join(_battery(kept, _same_options(instrument))).join(_nearest(kept, items))
    table["straight"] = (table["battery"] >= MIN_BATTERY) & (table["run"] >= table["battery"] / 2)
    table["double"] = (table["match"] > MATCH) & (table["items"] >= MIN_ITEMS)
    return table


def _same_options(instrument: Instrument) -> list[Item]:
    """Return the largest set of single choices with the same three options or more, in their order."""
    alike = [item for item in instrument.items if item.type in SINGLE and len(item.option_codes) >= 3]
    most = Counter(item.option_codes for item in alike).most_common(1)
    return [item for item in alike if item.option_codes == most[0][0]] if most else []


def _battery(frame: pd.DataFrame, battery: list[Item]) -> pd.DataFrame:
    answered, run, longest, ends = (np.zeros(len(frame), dtype=int) for _ in range(4))
    last = np.full(len(frame), -1)
    for item in battery:  # over items, never over responses
        numbered = {code: at for at, code in enumerate(item.option_codes)}
        codes = frame[item.code].map(numbered).fillna(-1).to_numpy(dtype=int)
        given = codes >= 0
        run = np.where(given, np.where(codes == last, run + 1, 1), run)
        last = np.where(given, codes, last)
        longest = np.maximum(longest, run)
        answered += given
        ends += given & np.isin(codes, [0, len(item.option_codes) - 1])
    share = np.divide(ends, answered, out=np.full(len(frame), np.nan), where=answered > 0)
    return pd.DataFrame({"battery": answered, "run": longest, "ends": share}, frame.index)


def _nearest(frame: pd.DataFrame, items: list[Item]) -> pd.DataFrame:
    """Return for each response the most equal other one: match, twin, and of how many items."""
    n = len(frame)
    match, twin, compared = np.full(n, np.nan), np.full(n, -1), np.zeros(n, dtype=int)
    cells, answered = _indicators(frame, items)
    own = answered.sum(axis=1)
    for start in range(0, n if n > 1 else 0, BLOCK):
        rows = slice(start, min(start + BLOCK, n))
        either = own[rows, None] + own[None] - answered[rows] @ answered.T
        share = cells[rows] @ cells.T / np.maximum(either, 1)
        share[np.arange(rows.stop - start), np.arange(start, rows.stop)] = -1  # itself
        twin[rows] = share.argmax(axis=1)
        match[rows], compared[rows] = share.max(axis=1), either[np.arange(rows.stop - start), twin[rows]]
    labels = [frame.index[at] if at >= 0 else None for at in twin]
    return pd.DataFrame(
        {"match": match, "twin": pd.Series(labels, frame.index, dtype=object), "items": compared}, frame.index
    )


def _indicators(frame: pd.DataFrame, items: list[Item]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return 1 for each answer that a response gave, (n, answers), and 1 for each item it answered, (n, items)."""
    parts = []
    for item in items:
        given = ~frame[columns_of(item)[0]].isin([NOT_ASKED, BLANK])
        parts.append(
            pd.get_dummies(frame[list(columns_of(item))].agg("|".join, axis=1).where(given)).to_numpy(np.float32)
        )
    answered = np.column_stack([part.sum(axis=1) for part in parts])
    return np.hstack(parts), answered


def numbers(frame: pd.DataFrame, instrument: Instrument, design: Design) -> pd.DataFrame:
    """Return the typed numbers that deserve a look: one row each; row (index of the frame), item, value, and why.

    over: more than the item's `soft_max`, over which the form asks once more. far: modified z over 3.5 in size, of log(1 +
    value), by the median and the median absolute deviation of the item (z, NaN where that is 0). heavy: the response
    moves the weighted mean by more than 3 se / sqrt(n). Months typed as days look like this, and so do firms that waited long.
    """
    scope, found = in_scope(frame, instrument), []
    for item in (item for item in instrument.items if item.type == "number"):
        where = scope & valid(frame, item)
        if where.any():
            value = pd.to_numeric(frame[item.code].where(where), errors="coerce").to_numpy(dtype=float)
            found.append(_looked_at(value, where, item, design).set_axis(frame.index[where]))
    table = pd.concat(found) if found else pd.DataFrame(columns=["item", "value", "z", "over", "far", "heavy"])
    return table[table[["over", "far", "heavy"]].any(axis=1)].rename_axis("row").reset_index()


def _looked_at(value: Numbers, where: npt.NDArray[np.bool_], item: Item, design: Design) -> pd.DataFrame:
    given, weight = value[where], design.weight[where]
    logs = np.log1p(given)
    spread = float(np.median(np.abs(logs - np.median(logs))))
    z = 0.6745 * (logs - np.median(logs)) / (spread or np.nan)
    average = mean(np.where(where, value, 0), design, where=where).estimate
    influence = weight * np.abs(given - average.value) / weight.sum()
    limit = item.range.soft_max if item.range and item.range.soft_max is not None else np.inf
    return pd.DataFrame(
        {
            "item": item.code,
            "value": given,
            "z": z,
            "over": given > limit,
            "far": np.abs(z) > FAR,
            "heavy": influence > 3 * average.se / np.sqrt(given.size),
        }
    )
