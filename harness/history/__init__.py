"""History: what cells showed night after night, where it changed, and whether a night is missing.

Nights go in, series with their changes come out: the same nights give the same changes. Never here:
reading a store or a clock, and judging one run.
"""
