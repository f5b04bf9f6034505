"""Images read without running them: in registries, in archives, layer by layer.

Never here: an opinion whether an image may be used, which is `harness.check`.
"""
