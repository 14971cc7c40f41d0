"""A network of the arena's own, where a cloud's metadata service answers."""

import fcntl
import os
import socket
import struct

from training.runner.sandbox import launcher

METADATA = "169.254.169.254"
CLONE_NEWNET = 0x40000000
SIOCSIFADDR, SIOCGIFFLAGS, SIOCSIFFLAGS = 0x8916, 0x8913, 0x8914
IFF_UP = 1


def enter_network():
    """Leave the host's network for one with the address of clouds; takes root."""
    if os.geteuid():
        return
    launcher.call("unshare", CLONE_NEWNET)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asked = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack_from("16xH", fcntl.ioctl(asking, SIOCGIFFLAGS, asked))[0]
        fcntl.ioctl(asking, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))
        address = struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(METADATA))
        fcntl.ioctl(asking, SIOCSIFADDR, struct.pack("16s16s", b"lo:9", address))


def metadata_listener():
    """Listen as the metadata service does, or where there is none, beside it."""
    try:
        return socket.create_server((METADATA, 0))
    except OSError:  # no root, no network of our own
        return socket.create_server(("127.0.0.1", 0))
