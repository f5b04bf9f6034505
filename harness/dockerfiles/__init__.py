"""Users' own Dockerfiles: parse them, check them before anything is built, and render them with
resolved images; and the build context that belongs to one, as files of this host.

Never here: an engine, a network, or the result of a build.
"""
