"""Read images without running them: in registries and archives, layer by layer.

Never here: an opinion whether an image may be used, which is `harness.check`.
"""
