"""Property values as template parameters: where they come from, how they are coerced, what is said of wrong ones."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.models.requests import Property
from driver.packages.coercions import Unfit
from driver.packages.properties import find_value, is_absent
from driver.packages.templates import Parameter
from driver.packages.values import coerce_value

KEY = Property(type="key", key_name="k", public_key="public", private_key="private")
TYPES = ("string", "securestring", "int", "bool", "array", "object", "secureobject")


def parameter(kind: str = "string", name: str = "p", **constraints: Any) -> Parameter:
    return Parameter(name, kind, True, **constraints)


def properties(**values: Any) -> dict[str, Property]:
    return {name: value if isinstance(value, Property) else Property(value=value) for name, value in values.items()}


@pytest.mark.parametrize(
    ("sources", "value"),
    [
        (({"p": 1}, {"p": 2}, {"p": 3}), 1),
        (({}, {"p": 2}, {"p": 3}), 2),
        (({}, {}, {"p": 3}), 3),
        (({}, {}, {}), None),
        (({"P": 1}, {"p": 2}, {}), 1),
        (({"P": 1, "p": 2}, {}, {}), 2),
        (({"q": 1}, {}, {"P": 3}), 3),
    ],
)
def test_the_first_source_that_has_the_name_wins(sources: Any, value: Any) -> None:
    assert find_value(parameter(), tuple(properties(**source) for source in sources)) == value


@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [
        ("ssh", "string", "public"),
        ("ssh", "securestring", "private"),
        ("SSH", "string", "public"),
        ("ssh_public", "string", "public"),
        ("ssh_public", "securestring", "public"),
        ("ssh_private", "securestring", "private"),
        ("other", "string", None),
    ],
)
def test_the_halves_of_a_key(name: str, kind: str, value: Any) -> None:
    assert find_value(parameter(kind, name), (properties(ssh=KEY),)) == value


def test_a_private_key_goes_to_no_open_parameter() -> None:
    with pytest.raises(Unfit, match="only to a secure parameter"):
        find_value(parameter("string", "ssh_private"), (properties(ssh=KEY),))


@pytest.mark.parametrize(
    ("kind", "value", "coerced"),
    [
        ("string", "a", "a"),
        ("string", " a ", " a "),
        ("string", 5, "5"),
        ("string", 1.5, "1.5"),
        ("string", True, "true"),
        ("string", ["a"], '["a"]'),
        ("string", {"a": None}, '{"a": null}'),
        ("int", 5, 5),
        ("int", -5, -5),
        ("int", " 5 ", 5),
        ("int", "-5", -5),
        ("int", 5.0, 5),
        ("int", "007", 7),
        ("bool", True, True),
        ("bool", "True", True),
        ("bool", " yes ", True),
        ("bool", "on", True),
        ("bool", 1, True),
        ("bool", "false", False),
        ("bool", "No", False),
        ("bool", "off", False),
        ("bool", 0, False),
        ("array", ["a", 1], ["a", 1]),
        ("array", "10.0.0.0/16, 10.1.0.0/16 ,", ["10.0.0.0/16", "10.1.0.0/16"]),
        ("array", '["a", {"b": 1}]', ["a", {"b": 1}]),
        ("array", "a", ["a"]),
        ("array", "", []),
        ("array", 5, [5]),
        ("object", {"a": 1}, {"a": 1}),
        ("object", ' {"a": 1} ', {"a": 1}),
        ("secureobject", '{"a": 1}', {"a": 1}),
        ("securestring", "s", "s"),
    ],
)
def test_coercion(kind: str, value: Any, coerced: Any) -> None:
    result = coerce_value(parameter(kind), value)
    assert (result, type(result)) == (coerced, type(coerced))


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        *(("int", value, "a whole number") for value in ("five", "5.5", 5.5, "", True, [5], "\u0665", "--5", "1_000")),
        *(("int", value, "a whole number") for value in (float("inf"), float("nan"), "9" * 30, {"a": 1})),
        *(("bool", value, "true or false") for value in ("maybe", "", 2, [True], {"a": 1})),
        *(("array", value, "a list") for value in ({"a": 1}, '{"a": 1}', True, "[1")),
        *(("object", value, "an object") for value in ("text", "[1]", ["a"], 5, "{", "{" * 5000)),
    ],
)
def test_what_cannot_be_coerced_says_what_would_fit(kind: str, value: Any, wanted: str) -> None:
    with pytest.raises(Unfit, match=f"it takes {wanted}"):
        coerce_value(parameter(kind), value)


@pytest.mark.parametrize(
    ("kind", "allowed", "value", "spelling"),
    [
        ("string", ("Enabled", "Disabled"), "enabled", "Enabled"),
        ("string", ("Enabled", "Disabled"), "DISABLED", "Disabled"),
        ("string", (1, 2), "2", 2),
        ("int", (1, 2), "2", 2),
        ("bool", (True,), "yes", True),
        ("array", ("A", "B"), "a, b", ["A", "B"]),
        ("array", (["A"], ["B", 1]), ["a"], ["A"]),
        ("array", (["A"], ["B", 1]), "b,1", ["B", 1]),
        ("array", (["A"], ["B"]), [["a"], ["b"]], [["A"], ["B"]]),
        ("object", ({"a": "X"}, {"a": "Y"}), '{"a": "y"}', {"a": "Y"}),
    ],
)
def test_allowed_values_are_sent_as_declared(kind: str, allowed: Any, value: Any, spelling: Any) -> None:
    assert coerce_value(parameter(kind, allowed=allowed), value) == spelling


@pytest.mark.parametrize(
    ("kind", "constraints", "good", "bad", "said"),
    [
        ("string", {"allowed": ("a", "b")}, "a", "c", "'c' is none of a, b"),
        ("array", {"allowed": ("a", "b")}, "a,b", "a,c", "none of a, b"),
        ("array", {"allowed": (["a"], ["b"])}, ["a"], ["a", "b"], """'["a", "b"]' is none of ["a"], ["b"]"""),
        ("int", {}, 2**63 - 1, 2**63, "it takes a whole number from -9223372036854775808 to 9223372036854775807"),
        ("int", {}, -(2**63), "-9223372036854775809", "it takes a whole number from -9223372036854775808 to"),
        ("int", {}, "-9223372036854775808", 1e300, "it takes a whole number from -9223372036854775808 to"),
        ("int", {"minimum": 2}, "2", 1, "'1' is less than 2"),
        ("int", {"maximum": 2}, 2, "3", "'3' is more than 2"),
        ("int", {"minimum": 0}, 0, -1, "less than 0"),
        ("string", {"shortest": 2}, "ab", "a", "'a' has 1 characters: it takes 2 at least"),
        ("string", {"longest": 2}, "ab", "abc", "'abc' has 3 characters: it takes 2 at most"),
        ("string", {"shortest": 2}, "\U0001f389", "a", "'a' has 1 characters: it takes 2 at least"),
        ("string", {"longest": 2}, "\U0001f389", "\U0001f389a", "has 3 characters: it takes 2 at most"),
        ("array", {"shortest": 1}, "a", [], "has 0 entries: it takes 1 at least"),
        ("array", {"longest": 1}, "a", "a,b", "has 2 entries: it takes 1 at most"),
        ("string", {"name_of": "Microsoft.Storage/storageAccounts"}, "abc", "A", "'A' is no name for"),
    ],
)
def test_constraints(kind: str, constraints: Any, good: Any, bad: Any, said: str) -> None:
    coerce_value(parameter(kind, **constraints), good)
    with pytest.raises(Unfit) as caught:
        coerce_value(parameter(kind, **constraints), bad)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "constraints"),
    [
        ("securestring", {"longest": 2}),
        ("securestring", {"shortest": 50}),
        ("securestring", {"allowed": ("a",)}),
        ("securestring", {"name_of": "Microsoft.Storage/storageAccounts"}),
        ("secureobject", {}),
    ],
)
def test_a_secure_value_is_in_no_fault(kind: str, constraints: Any) -> None:
    with pytest.raises(Unfit) as caught:
        coerce_value(parameter(kind, **constraints), "n33dle-Secret")
    assert "n33dle" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "kind", "required", "absent"),
    [
        (None, "string", True, True),
        ("", "string", True, False),
        ("", "string", False, True),
        ("", "array", True, True),
        ("", "int", False, True),
        (0, "int", False, False),
        (False, "bool", False, False),
        ([], "array", False, False),
        ("a", "string", False, False),
    ],
)
def test_what_says_nothing(value: Any, kind: str, required: bool, absent: bool) -> None:
    assert is_absent(value, Parameter("p", kind, required)) is absent


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
FITTING = {"string": str, "securestring": str, "int": int, "bool": bool, "array": list, "object": dict}


@given(st.sampled_from(TYPES), JSON.filter(lambda value: value is not None))
def test_any_value_is_of_the_type_or_unfit(kind: str, value: Any) -> None:
    try:
        result = coerce_value(parameter(kind, longest=1_000, minimum=-(10**30)), value)
    except Unfit:
        return
    assert type(result) is FITTING.get(kind, dict)
