"""Real servers for tests: private, on free ports, in a folder of their own, stopped by pid.

A missing one is an error that names the package to install, never a skipped test.
"""

from tests.servers.brokers import rabbitmq, redis
from tests.servers.databases import postgres
from tests.servers.granians import file_process, granian, site
from tests.servers.processes import Server, ServerFailed, ServerMissing
from tests.servers.proxies import nginx
from tests.servers.swift import s3

__all__ = [
    "Server",
    "ServerFailed",
    "ServerMissing",
    "file_process",
    "granian",
    "nginx",
    "postgres",
    "rabbitmq",
    "redis",
    "s3",
    "site",
]
