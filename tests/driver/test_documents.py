"""YAML files: which values they hold, and what is said of those that they do not."""

from typing import Any

import pytest

from driver.errors import InvalidRequest
from driver.packages.documents import read_document


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("FALSE", False),
        ("trueish", "trueish"),
        ("false means off", "false means off"),
        ("yes", "yes"),
        ("22:30", "22:30"),
        ("52:54:00:44:49:56", "52:54:00:44:49:56"),
        ("0123", "0123"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("+49", "+49"),
        (".nan", ".nan"),
        ("2026-11-26", "2026-11-26"),
        ("1e3", "1e3"),
        ("0", 0),
        ("-17", -17),
        ("1.50", 1.5),
        ("1.5e+3", 1500.0),
        ("~", None),
        ("!!str 5", "5"),
    ],
)
def test_a_value_is_read_as_yaml_1_2_and_json_have_it(text: str, value: Any) -> None:
    found = read_document(f"a: {text}\n", "x.yaml").content["a"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    "text", ["!!binary aGFsbG8=", "!!set {a}", "!!timestamp 2026-11-26", "!!omap [a: 1]", "!Ref b"]
)
def test_a_value_that_json_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^x\.yaml line 1, column 4: a tag is not taken: write the value without"):
        read_document(f"a: {text}\n", "x.yaml", takes_aliases=True)


@pytest.mark.parametrize("blank", ["\u00a0", "\u2003", "\u3000", "\u200b", "\u2060"])
def test_a_key_with_a_blank_that_is_no_space_is_named(blank: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_document(f"a: 1\n{blank}{blank}b: 2\n", "x.yaml")
    assert str(caught.value).startswith(f"x.yaml line 2, {f'{blank * 2}b'.strip()}: U+{ord(blank):04X} is not taken")
    assert read_document(f'a: "{blank}b{blank}"\n', "x.yaml").content == {"a": f"{blank}b{blank}"}
