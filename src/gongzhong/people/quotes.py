"""Messages and answers that wait and quote a value that was erased: they go with it, dead letters too.

What is being worked on stays: it goes out within seconds. Values of less than SHORTEST bytes are found everywhere, and
quoted by nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from .errors import DataDamaged
from .key_tables import batches
from .sealed import SEALED_KINDS
from .tables import StoredField
from .vault import Vault

SHORTEST: Final = 4
"""Bytes in UTF-8: two Chinese characters, four digits."""


async def forget_quotes(vault: Vault, values: Mapping[int, Sequence[StoredField]]) -> int:
    """Delete the rows of work of these people that quote their values; how many. Raises StateDown."""
    deleted = 0
    for numbers in batches(list(values)):
        rows = await vault.tables.work_of(vault.account, [str(number) for number in numbers], SEALED_KINDS)
        if not rows:
            continue
        texts = {
            number: await _texts(vault, number, values[number]) for number in {row.number for row in rows}
        }
        opened = [await _opened(vault, row.number, row.kind, row.data) for row in rows]
        quoting = [
            row.id
            for row, plain in zip(rows, opened, strict=True)
            if any(text in plain for text in texts[row.number])
        ]
        if quoting:
            deleted += await vault.tables.delete_work(vault.account, quoting)
    return deleted


async def _texts(vault: Vault, number: int, rows: Sequence[StoredField]) -> list[bytes]:
    """What a quotation of the values contains."""
    plain = [await _opened(vault, number, row.field, row.sealed) for row in rows]
    leaves = [leaf for value in plain if value for leaf in _leaves(msgspec.json.decode(value))]
    return [text for leaf in leaves if len(text := leaf.encode()) >= SHORTEST]


async def _opened(vault: Vault, number: int, field: str, sealed: bytes) -> bytes:
    """Empty for what cannot be read: it quotes nothing."""
    try:
        [plain] = await vault.unseal([(number, field, sealed)])
    except DataDamaged:
        return b""
    return plain or b""


def _leaves(value: Any) -> Iterator[str]:
    """The texts and numbers in a value."""
    match value:
        case dict():
            for one in value.values():
                yield from _leaves(one)
        case list():
            for one in value:
                yield from _leaves(one)
        case bool() | None:
            return
        case _:
            yield str(value)
