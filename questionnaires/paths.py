"""What the system says of a path that cannot be used, and what to do about it, in both languages."""

from __future__ import annotations

from questionnaires.base import Text

_TOLD: dict[type[OSError], Text] = {
    FileNotFoundError: Text(
        vi="không có tệp hoặc thư mục này: sửa đường dẫn", en="no such file or folder: mend the path"
    ),
    PermissionError: Text(
        vi="không có quyền đọc hoặc ghi: xin quyền, hoặc chọn nơi khác",
        en="no right to read or write it: get it, or choose another place",
    ),
    IsADirectoryError: Text(vi="đây là thư mục: ghi tên một tệp", en="this is a folder: name a file"),
    NotADirectoryError: Text(
        vi="một phần đường dẫn là tệp, không phải thư mục: chọn nơi khác",
        en="part of the path is a file and no folder: choose another place",
    ),
    FileExistsError: Text(
        vi="đây là tệp, không phải thư mục: chọn tên khác", en="this is a file and no folder: choose another name"
    ),
}
_OTHER = Text(
    vi="không đọc hoặc ghi được: kiểm tra ổ đĩa và đường dẫn", en="cannot be read or written: check disk and path"
)


def told(error: OSError) -> Text:
    """Return what is wrong with the path of an error."""
    return _TOLD.get(type(error), _OTHER)
