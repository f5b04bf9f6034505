"""Turn cells into recipes, locks and orders: everything requested that decides an image's content.

Never here: what an engine or a package index answers.
"""
