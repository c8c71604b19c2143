"""An address to be scanned, on paper and on the screen."""

from __future__ import annotations

import io

import segno

#: So much of a code can be dirty or torn: 25 %.
_ERROR_LEVEL = "q"


def qr_code(address: str) -> str:
    """Return the QR code of an address as SVG, its white rim included; it takes the size it is given."""
    out = io.BytesIO()
    segno.make(address, error=_ERROR_LEVEL, micro=False).save(
        out, kind="svg", border=4, light="#fff", xmldecl=False, omitsize=True
    )
    return out.getvalue().decode()
