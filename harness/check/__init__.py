"""`harness check`: may this image be reused, here, and for what? Claims, rules, the answer.

Never here: reading an image (`harness.images`), starting one, and how a page is laid out.
"""
