"""How long sheets of cards and letters take: `python -m benchmarks.cards`. The aim: 5,000 cards in 60 s."""

from __future__ import annotations

import resource
import sys
import time

from survey_app.config import Config
from survey_app.envelopes import resume_code
from survey_app.i18n import now_here
from survey_app.models.handout import HandoutKind
from survey_app.services.cards import Addressee, Sheet
from survey_app.services.handouts import Gathered, make


def main(arguments: list[str]) -> None:
    """Make cards, then letters, for so many firms (5,000 unless said)."""
    count = int(arguments[0]) if arguments else 5000
    name = "Công ty TNHH Một thành viên Xuất nhập khẩu Minh Họa"
    firms = [Addressee(f"{name} {n}", "phường Đông Kinh", "vi", resume_code()) for n in range(count)]
    sheet = Sheet("2027-1", 19, now_here().date(), Config(base_url="https://khaosat.example.vn"))
    for kind in (HandoutKind.CARDS, HandoutKind.LETTERS):
        start = time.perf_counter()
        content = make(Gathered(kind, [], firms, sheet), lambda _percent: None)
        seconds = time.perf_counter() - start
        memory = (
            max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) // 1024
        )
        print(
            f"{kind.value}: {count} firms, {seconds:.1f} s, {len(content) / 2**20:.1f} MiB, at most {memory} MiB in a process"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
