"""The line of a key in a TOML file, however it is written."""

from __future__ import annotations

from gongzhong.config.places import lines_of

TEXT = '''a = 1  # first
"b" = """
c = "inside a text"
[d]
"""
[e] # heading
f.g = 2
  h= [
  1,
]
[[i]]
j = 1
[[i]]
j = 2
[ k . 'l' ]
m = { n = 1 }
'''


def test_lines() -> None:
    found = lines_of(TEXT)
    assert found[("", 0, "a")] == 1
    assert found[("", 0, "b")] == 2
    assert found[("e", 0, "")] == 6
    assert found[("e.f", 0, "g")] == 7
    assert found[("e", 0, "h")] == 8
    assert [found[("i", number, "j")] for number in (0, 1)] == [12, 14]
    assert found[("k.l", 0, "m")] == 16
    assert not {key for key in found if key[2] in ("c", "n") or key[0] == "d"}
