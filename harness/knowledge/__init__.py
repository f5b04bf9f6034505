"""Tables of facts about frameworks, GPUs and libraries, with sources, and the code to read them.

Never here: a decision about one image or one host.
"""
