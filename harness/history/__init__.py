"""History: what each cell showed night after night, where that changed, and whether a night is
missing.

Nights go in; series with their changes come out. The same nights give the same changes. This
package never reads a store or a clock, and never judges a single run.
"""
