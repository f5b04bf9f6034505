"""`harness check`: whether an image can be reused on this host, and for what.

It collects what an image claims, applies the rules, and gives an answer. Never here: reading an
image (`harness.images`), starting a container, and how a page is laid out.
"""
