"""`flask backup`: encrypted copies of the database, and putting one back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from survey_app.cli.subject import Refusal, Subject, config, existing_file, installed_keys, moment, pick, say
from survey_app.db import db, snapshot, transaction
from survey_app.services import backup_file, backups
from survey_app.services.backup_file import Contents
from survey_app.services.storage import wipe_what_was_deleted

group = Subject("backup", help="Encrypted copies of the database.")
_key_option = click.option("--key", "key_file", type=existing_file, required=True, help="The private key.")


@group.command("key")
@click.argument("file", type=click.Path(path_type=Path))
def key(file: Path) -> None:
    """Make a key pair once: the private key goes to FILE, to be kept off line; the public one is a setting."""
    public = backup_file.make_key(file)
    say(
        vi=f"Đã tạo {file}. Cất ngoại tuyến ở hai nơi, không để trên máy chủ. Chép dòng này vào tệp cài đặt:",
        en=f"Written {file}. Keep it off line in two places, not on the server. Copy this line into the settings:",
    )
    click.echo(f"PCI_BACKUP_RECIPIENT={public}")


@group.command("make")
@click.argument("out", type=click.Path(path_type=Path))
def make(out: Path) -> None:
    """Write an encrypted backup of the whole database to the new file OUT; nobody has to wait meanwhile."""
    with snapshot() as session:
        recipient, mark = config().backup_recipient, installed_keys().mark
        contents = backups.make(session, out, recipient, keys_mark=mark, now=datetime.now(UTC))
    size = out.stat().st_size
    say(
        vi=f"Đã ghi {out}: {_total(contents)} dòng, {size} byte, SHA-256 nội dung {contents.sha256}.",
        en=f"Written {out}: {_total(contents)} rows, {size} bytes, SHA-256 of the contents {contents.sha256}.",
    )
    until = moment(contents.made_at + backups.KEPT)
    say(vi=f"Hủy bản này trước {until}.", en=f"Destroy this copy before {until}.")


@group.command("check")
@click.argument("file", type=existing_file)
@_key_option
def check(file: Path, key_file: Path) -> None:
    """Read the backup FILE to its end, restore nothing, and say what it holds."""
    contents = backups.look(file, backup_file.read_key(key_file))
    _say_contents(contents)
    if datetime.now(UTC) - contents.made_at > backups.KEPT:
        raise Refusal(
            vi=f"Bản này đã quá {backups.KEPT.days} ngày: phải hủy.",
            en=f"This copy is more than {backups.KEPT.days} days old: it must be destroyed.",
        )


@group.command("restore")
@click.argument("file", type=existing_file)
@_key_option
@click.option("--replace", is_flag=True, help="Delete everything that the database holds first.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore(file: Path, key_file: Path, replace: bool, yes: bool) -> None:
    """Put the backup FILE into the database: all of it or, if anything goes wrong, nothing."""
    private = backup_file.read_key(key_file)
    if replace and not yes:
        question = pick(
            vi="Xóa hẳn mọi dữ liệu đang có rồi thay bằng bản sao lưu. Tiếp tục?",
            en="Delete all data there is, for good, and put the backup in its place. Go on?",
        )
        click.confirm(question, abort=True)
    with transaction() as session:
        contents = backups.restore(session, file, private, replace=replace, now=datetime.now(UTC))
    _say_contents(contents)
    say(vi="Đã khôi phục; số dòng khớp.", en="Restored; the numbers of rows agree.")
    if replace:
        wipe_what_was_deleted(db.engine)
    _say_what_to_look_at(contents)


def _say_contents(contents: Contents) -> None:
    made = moment(contents.made_at)
    say(
        vi=f"Bản sao lưu lúc {made}, bản cơ sở dữ liệu {contents.header.revision}, SHA-256 {contents.sha256}",
        en=f"Backup of {made}, database revision {contents.header.revision}, SHA-256 {contents.sha256}",
    )
    for table, rows in contents.rows.items():
        click.echo(f"  {table:<20} {rows:>8}")


def _say_what_to_look_at(contents: Contents) -> None:
    say(
        vi="Tin chưa gửi chuyển thành «chưa chắc», các bước chưa gửi đã tắt: xem lại kế hoạch liên hệ và các thông báo.",
        en="Messages that waited are unsure now and steps not yet sent are off: look at contact plans and notices.",
    )
    if contents.header.keys != installed_keys().mark:
        say(
            vi="Chú ý: khóa của máy này khác khóa lúc sao lưu: liên kết, liên hệ, mật khẩu không dùng được. Chép đúng khóa.",
            en="Note: the keys here are not those of the backup: links, contacts and passwords fail. Copy the right keys.",
        )
    with snapshot() as session:
        wrong = backups.waves_that_disagree(session)
    if wrong:
        raise Refusal(
            vi=f"Số đếm không khớp ở đợt {', '.join(wrong)}: chạy `flask box check` và tìm nguyên nhân.",
            en=f"The counts disagree in {', '.join(wrong)}: run `flask box check` and find out why.",
        )
    say(vi="`flask box check` khớp ở mọi đợt.", en="`flask box check` agrees for every wave.")


def _total(contents: Contents) -> int:
    return sum(contents.rows.values())
