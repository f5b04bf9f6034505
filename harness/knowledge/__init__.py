"""Tables of facts about frameworks, GPUs and libraries with their sources, and their readers.

Never here: a decision about one image or one host.
"""
