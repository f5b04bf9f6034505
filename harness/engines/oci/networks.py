"""Makes and removes our networks, each with a random name that its label states."""

from __future__ import annotations

from collections.abc import Mapping

from docker import APIClient
from docker.errors import APIError, NotFound

from harness.engines.oci.connection import engine_errors
from harness.engines.oci.owned import stating

_STILL_USED = (403, 409)
NO_WAY_OUT = {"com.docker.network.bridge.enable_ip_masquerade": "false"}
"""Options of a bridge on which ports can be published, but from which nothing gets out: packets
keep a private source address, to which nobody outside can reply. (An `internal` network cannot
publish ports.)"""


def make_network(
    client: APIClient,
    name: str,
    labels: Mapping[str, str],
    options: Mapping[str, str] | None = None,
) -> str:
    """Make a bridge network; return its id. Raises EngineError."""
    with engine_errors("making a network"):
        made = client.create_network(
            name, driver="bridge", options=dict(options or {}), labels=stating(name, labels)
        )
    return str(made["Id"])


def remove_network(client: APIClient, network: str) -> None:
    """Remove a network, if it is there. One that is still used is left to the next sweep."""
    with engine_errors("removing a network"):
        try:
            client.remove_network(network)
        except NotFound:
            pass
        except APIError as error:
            if error.status_code not in _STILL_USED:
                raise
