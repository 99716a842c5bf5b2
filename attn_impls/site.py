"""What an implementation is built for: a place in a network, or the heads of queries, keys and values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What a backbone knows of the place where it puts an attention."""

    in_channels: int
    out_channels: int
    kernel_size: int
    stride: int
    groups: int
    height: int
    """Of the map that the attention gets, as is the width."""
    width: int
    stage: str = ""
    """The backbone's name for the group of blocks; empty where it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heads:
    """What an attention between tokens is built for; lengths are those of a call."""

    heads: int
    """Of the queries."""
    head_dim: int
    kv_heads: int
    """Of keys and values; several query heads may share one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSite:
    """What a backbone knows of the place where it puts a token mixer: tokens [B, N, dim]."""

    dim: int
    heads: int
    """That the backbone's own attention has there."""
    height: int
    """Of the grid that the tokens are, row by row, as is the width."""
    width: int
    class_tokens: int = 0
    """That stand before those of the grid: N = class_tokens + height x width."""
    stage: str = ""
    """The backbone's name for the group of blocks; empty where it has none."""
