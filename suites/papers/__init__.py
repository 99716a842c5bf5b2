"""Published tables' rows -> cases."""
