"""Which resolvers to ask: those of the job file, or the system's."""

import ipaddress
from collections.abc import Sequence

import dns.resolver

from hygiene.lookup.engine.upstream import Endpoint
from hygiene.model.errors import ConfigError


def endpoints(resolvers: Sequence[str]) -> list[Endpoint]:
    """The resolvers named, or the system's where none is; raises ConfigError for what is no IP address with a port."""
    return list(dict.fromkeys(map(_endpoint, resolvers or _system_resolvers())))


def _endpoint(text: str) -> Endpoint:
    has_port = text.count(":") == 1 or "]:" in text
    host, _, port = text.rpartition(":") if has_port else (text, "", "53")
    try:
        # A zone (`fe80::1%eth0`) stays as it is.
        ipaddress.ip_address(host := host.removeprefix("[").removesuffix("]"))
        number = int(port)
    except ValueError:
        number = 0
    if not 0 < number < 65536:
        fix = "Write an IP address, such as `9.9.9.9`, `127.0.0.1:5353` or `[::1]:53`."
        raise ConfigError(f"`{text}` is no resolver.", "[dns] resolvers", fix)
    return Endpoint(host, number)


def _system_resolvers() -> list[str]:
    try:
        return [str(server) for server in dns.resolver.Resolver(configure=True).nameservers]
    except dns.resolver.NoResolverConfiguration:
        return []
