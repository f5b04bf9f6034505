#!/usr/bin/env bash
# Arguments of the container go to the notebook server.
jupyter notebook "$@"
