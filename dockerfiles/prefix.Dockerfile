# A CPython prefix of the host at /opt/python, on a Debian root.
ARG BASE
FROM ${BASE} AS base
ARG STAGE
COPY opt/ /opt/
RUN mkdir -p /opt/python/lib && echo /opt/python/lib > /etc/ld.so.conf.d/harness-python.conf && ldconfig
