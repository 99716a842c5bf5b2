"""Records of any kind for hypothesis, from the types and the ranges of their fields."""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003 - read when the module is
from functools import partial
from typing import Any

from hypothesis import strategies as st
from msgspec import inspect

from results.inputs import Batches, FeatureMap, Images, Logits, TrainingSet
from results.outcomes import Failed, Measured, Outcome, Skipped
from results.samples import Samples
from results.sequences import Sequences
from results.tokens import Tokens

#: Small enough for a shape that a memory holds.
SIZES = st.integers(1, 256)
MOST_ITEMS = 3


def records_of(kind: Any) -> st.SearchStrategy[Any]:
    """Build values of a type; of a record all fields, each in its range, that go together."""
    return _of(inspect.type_info(kind))


def outcomes() -> st.SearchStrategy[Outcome]:
    """Build what can come of a case."""
    return st.one_of(*map(records_of, (Measured, Skipped, Failed)))


@st.composite
def _samples(draw: st.DrawFn) -> Samples:
    rounds = tuple(sorted(draw(st.sets(st.integers(0, 2**62), min_size=1, max_size=MOST_ITEMS))))
    seconds = draw(st.tuples(*[st.floats(1e-12, 1e9)] * len(rounds)))
    return draw(_struct(Samples, seconds=st.just(seconds), rounds=st.just(rounds)))  # type: ignore[no-any-return]


def _map(kind: type[Any]) -> st.SearchStrategy[Any]:
    return _struct(kind, **dict.fromkeys(("batch", "channels", "height", "width"), SIZES))


@st.composite
def _logits(draw: st.DrawFn) -> Logits:
    shape = tuple(draw(st.lists(SIZES, min_size=1, max_size=4)))
    return Logits(shape=shape, dim=draw(st.integers(0, len(shape) - 1)))


@st.composite
def _tokens(draw: st.DrawFn) -> Tokens:
    shared, times = draw(st.integers(1, 16)), draw(st.integers(1, 4))
    sizes = dict.fromkeys(("batch", "queries", "keys", "head_dim"), SIZES)
    return draw(  # type: ignore[no-any-return]
        _struct(Tokens, heads=st.just(shared * times), kv_heads=st.just(shared), **sizes)
    )


def _sequences() -> st.SearchStrategy[Any]:
    return _struct(Sequences, **dict.fromkeys(("batch", "height", "width", "heads", "head_dim"), st.integers(1, 2**10)))


#: Whose fields have to go together.
TOGETHER: dict[type[Any], Callable[[], st.SearchStrategy[Any]]] = {
    Samples: _samples,
    Logits: _logits,
    Tokens: _tokens,
    Sequences: _sequences,
    **{kind: partial(_map, kind) for kind in (Images, FeatureMap, Batches, TrainingSet)},
}


def _struct(kind: type[Any], **known: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    found = inspect.type_info(kind)
    assert isinstance(found, inspect.StructType)
    others = {field.name: _of(field.type) for field in found.fields if field.name not in known}
    return st.builds(kind, **known, **others)


def _text(found: Any) -> st.SearchStrategy[str]:
    if found.pattern is not None:
        return st.from_regex(found.pattern)
    return st.text(min_size=found.min_length or 0, max_size=20)


#: Kind of type -> its values.
KINDS: dict[type[inspect.Type], Callable[[Any], st.SearchStrategy[Any]]] = {
    inspect.IntType: lambda found: st.integers(found.ge, found.le),
    inspect.FloatType: lambda found: st.floats(found.ge, found.le, allow_nan=False, allow_infinity=False),
    inspect.StrType: _text,
    inspect.BoolType: lambda _: st.booleans(),
    inspect.NoneType: lambda _: st.none(),
    inspect.EnumType: lambda found: st.sampled_from(found.cls),
    inspect.UnionType: lambda found: st.one_of(*map(_of, found.types)),
    inspect.TupleType: lambda found: st.tuples(*map(_of, found.item_types)),
    inspect.VarTupleType: lambda found: st.lists(
        _of(found.item_type), min_size=found.min_length or 0, max_size=MOST_ITEMS
    ).map(tuple),
    inspect.NamedTupleType: lambda found: st.builds(
        found.cls, **{field.name: _of(field.type) for field in found.fields}
    ),
    inspect.StructType: lambda found: TOGETHER[found.cls]() if found.cls in TOGETHER else _struct(found.cls),
    inspect.Metadata: lambda found: _of(found.type),
}


def _of(found: inspect.Type) -> st.SearchStrategy[Any]:
    return KINDS[type(found)](found)
