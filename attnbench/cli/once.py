"""A command whose options are given once, unless they take several values."""

from __future__ import annotations

import click


class Once(click.Command):
    """Refuses an option that is given twice: of two values one would be left out without a word."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse as every command does (UsageError: an option that takes one value is given twice)."""
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        for option in order:
            if isinstance(option, click.Option) and not option.multiple and order.count(option) > 1:
                msg = f"{'/'.join((*option.opts, *option.secondary_opts))} is given twice; give it once"
                raise click.UsageError(msg, ctx)
        return super().parse_args(ctx, args)
