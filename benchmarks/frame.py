"""How long does a list of 100,000 firms take, and how much memory? `python -m benchmarks.frame`"""

from __future__ import annotations

import argparse
import io
import random
import resource
import tempfile
import time
from pathlib import Path

import xlsxwriter
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from survey_app import migrate
from survey_app.services import frame, frame_file
from survey_app.services.frame_columns import guess
from survey_app.services.frame_rows import BadValue, tax_code

HEADER = [
    "Mã số thuế",
    "Tên doanh nghiệp",
    "Xã phường",
    "Số lao động",
    "Năm thành lập",
    "Người liên hệ",
    "Điện thoại",
    "Email",
]


def workbook(firms: int) -> bytes:
    """Return a list of so many invented firms as XLSX."""
    rng, out, line = random.Random(1), io.BytesIO(), 0
    with xlsxwriter.Workbook(out, {"constant_memory": True}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, HEADER)
        while line < firms:
            try:
                code = tax_code(f"{rng.randrange(10**10):010d}")
            except BadValue:
                continue
            line += 1
            name, phone = f"Công ty TNHH Đo Lường {line}", f"09{rng.randrange(10**8):08d}"
            page.write_row(line, 0, [code, name, "Xã Mẫu", 12, 2015, "Nguyễn Văn A", phone, f"a{line}@example.vn"])
    return out.getvalue()


def main() -> None:
    """Print time and memory of each step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--firms", type=int, default=100_000)
    firms = parser.parse_args().firms
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "list.xlsx"
        file.write_bytes(workbook(firms))
        start = time.perf_counter()
        sheet = frame_file.read(file.read_bytes())
        step("read", start)
        examined = frame.examine(sheet, guess(sheet.header))
        step("examined", start)
        engine = create_engine(f"sqlite:///{folder}/survey.sqlite3")
        with engine.begin() as connection:
            migrate.upgrade(connection)
        with Session(engine) as session:
            saved = frame.save(session, examined.firms, bytes(32))
            session.commit()
        step(f"saved {saved.new}", start)


def step(name: str, start: float) -> None:
    """Print how far it has come."""
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name:<16} {time.perf_counter() - start:6.1f} s, at most {memory:.0f} MiB so far")


if __name__ == "__main__":
    main()
