"""`flask instruments`: questionnaire files."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import click

from questionnaires.base import LANGUAGES, Language
from questionnaires.check import Report, check_instrument
from survey_app.cli.preview import previewed, say_score, say_walks
from survey_app.cli.subject import Refusal, Subject, config, existing_file, say, spoken

group = Subject("instruments", help="Questionnaire files.")


@group.command("check")
@click.argument("file", type=existing_file)
def check(file: Path) -> None:
    """Say what is wrong in an instrument FILE, how long it takes, and what it measures."""
    report = check_instrument(file)
    _say_figures(report)
    _refuse_faults(file, report)
    say(vi=f"{file}: không có lỗi.", en=f"{file}: no faults.")


@group.command("print")
@click.argument("file", type=existing_file)
@click.option("--language", type=click.Choice(LANGUAGES), default="vi", help="Language of the paper.")
@click.option("--blank", is_flag=True, help="A form to fill in by pen, without the codes of the answers.")
@click.option("--out", type=click.Path(dir_okay=False, writable=True, path_type=Path), required=True)
def print_(file: Path, language: Language, blank: bool, out: Path) -> None:
    """Print an instrument FILE to a PDF with item codes and skip instructions."""
    from analysis.printing import printed

    out.write_bytes(printed(_faultless(file).instrument, language, blank=blank))
    say(vi=f"Đã ghi {out}.", en=f"Written: {out}.")


@group.command("walk")
@click.argument("file", type=existing_file)
def walk(file: Path) -> None:
    """Walk through FILE as invented firms: pages reached, dead ends, longest and median path, and the score it would give."""
    instrument = _faultless(file).instrument
    say_walks(instrument)
    say_score(instrument, config().province)


@group.command("preview")
@click.argument("file", type=existing_file)
@click.option("--port", type=click.IntRange(1, 65535), default=8001, show_default=True)
def preview(file: Path, port: int) -> None:
    """Serve FILE on this machine alone, as firms would see it, with an empty form and one with test answers."""
    with previewed(_faultless(file).instrument, port) as (server, links):
        say(vi=f"Phiếu trống: {links.empty}", en=f"Empty form: {links.empty}")
        say(
            vi=f"Phiếu có câu trả lời thử: {links.filled} (mã làm tiếp {links.resume})",
            en=f"Form with test answers: {links.filled} (resume code {links.resume})",
        )
        say(vi="Nhấn Ctrl-C để dừng và xóa.", en="Press Ctrl-C to stop and delete it.")
        with suppress(KeyboardInterrupt):
            server.serve_forever()


def _faultless(file: Path) -> Report:
    report = check_instrument(file)
    _refuse_faults(file, report)
    return report


def _refuse_faults(file: Path, report: Report) -> None:
    if report.faults:
        for fault in report.faults:
            click.echo(fault.sentence(spoken()), err=True)
        count = len(report.faults)
        raise Refusal(vi=f"{count} lỗi trong {file}.", en=f"{count} faults in {file}.")


def _say_figures(report: Report) -> None:
    took, covers = report.length, report.coverage
    if took:
        say(
            vi=f"Thời gian: {took.minutes:.1f} phút (trung vị), {took.minutes_p95:.1f} phút với 5 % lâu nhất; "
            f"{took.items:.0f} câu, {took.pages:.0f} trang.",
            en=f"Time: {took.minutes:.1f} minutes (median), {took.minutes_p95:.1f} for the slowest 5 %; "
            f"{took.items:.0f} items, {took.pages:.0f} pages.",
        )
    say(
        vi=f"Phủ {covers.measured}/{covers.survey} chỉ tiêu khảo sát: {covers.close} sát, {covers.proxy} gần đúng.",
        en=f"Covers {covers.measured} of {covers.survey} survey indicators: {covers.close} close, {covers.proxy} proxy.",
    )
