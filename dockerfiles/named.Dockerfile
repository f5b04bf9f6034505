# A base under its own name: nothing is added but the labels of its request.
ARG BASE
FROM ${BASE}
ARG STAGE
