"""A system of the version before, under this one."""
