"""History: what each cell showed night after night, where that changed, and whether a night is
missing.

Nights go in; series with their changes come out. The same nights give the same changes. Never here:
reading a store or a clock, and judging a single run.
"""
