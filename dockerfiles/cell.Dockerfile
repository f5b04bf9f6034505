# A cell: the locked distributions, installed with the network off, on a base.
# Wheels and tools live in the stage alone; the image gets what was installed.
# The harness comes to the same files faster, without a builder: in_place.py, in a container of the base.
ARG BASE
FROM ${BASE} AS stage
COPY . /harness-build/
ARG INTERPRETER
ARG SOURCE_DATE_EPOCH
RUN ${INTERPRETER} /harness-build/install.py --from /harness-build --root /harness-out
FROM ${BASE}
COPY --from=stage /harness-out/ /
