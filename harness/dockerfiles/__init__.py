"""People's own Dockerfiles: read, judged before anything is built, rendered with what was resolved;
the context that goes with one, as files of this host.

Never here: an engine, a network, or what came of a build.
"""
