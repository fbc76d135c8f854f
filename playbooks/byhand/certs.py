"""Certificates by hand."""

from playbooks.byhand.known import Known, Lines
from playbooks.byhand.shell import command
from playbooks.model.base import JsonObject
from playbooks.model.tls import TlsEndpoint


def renewed(_known: Known, args: JsonObject) -> Lines:
    endpoint = TlsEndpoint.model_validate(args["endpoint"])
    host, port = endpoint.place
    names = ("-servername", endpoint.host, "-connect", f"{host}:{port}")
    asking = command("openssl", "s_client", *names)
    return (f"{asking} < /dev/null | openssl x509 -noout -enddate -fingerprint -sha256",)
