"""The chunks that a shard names: whether they are here, usable, and what it says."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice

from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.kit.errors import Malformed
from marketplace.storage.queries import sources_of
from marketplace.storage.services.xorbs import touch_xorbs
from marketplace.storage.xet.hashes import (
    Tree,
    client_hex,
    file_hash,
    from_client_hex,
)
from marketplace.storage.xet.shards import ShardFile, ShardXorb, Term
from marketplace.storage.xet.sources import Source
from marketplace.storage.xet.tables import Table
from marketplace.storage.xet.xorbs import MOST_CHUNKS

TERMS_AT_ONCE = 128
SOURCES_KEPT = 256
LEAST_AVERAGE_BYTES = (
    4096  # of a file's chunks; clients cut at 64 KiB, and at 8 at least
)


class UnknownChunks(Malformed):
    """The client counts on what is not here, or is not its user's: who asks cannot tell."""

    code = "unknown_chunks"


class WrongTerms(Malformed):
    code = "wrong_terms"


class Library:
    """The xorbs that one shard names, loaded some at a time."""

    def __init__(
        self,
        actor: User,
        *,
        readable: Callable[[set[str]], set[str]],
        sent_since: datetime | None = None,
        at: datetime,
    ) -> None:
        self.actor, self.readable, self.at = actor, readable, at
        self.sent_since = sent_since
        self.sources: OrderedDict[str, Source] = OrderedDict()

    def terms_of(self, file: ShardFile) -> Iterator[tuple[Term, Source]]:
        """Yield the terms of a file, each with the xorb it takes its chunks from.

        Raises:
            UnknownChunks: a xorb is not here.
        """
        terms = file.terms()
        while some := list(islice(terms, TERMS_AT_ONCE)):
            sources = self.load({term.xorb for term in some})
            yield from ((term, sources[term.xorb]) for term in some)

    def load(self, names: set[str]) -> dict[str, Source]:
        """Return the xorbs by hash; from now on they stay for four weeks.

        Raises:
            UnknownChunks: one is not here.
        """
        missing = names - self.sources.keys()
        if missing:
            found = sources_of(
                self.actor,
                missing,
                readable=self.readable,
                sent_since=self.sent_since,
            )
            for name in sorted(missing):
                if name not in found or not found[name].is_held():
                    raise _unknown(name)
            touch_xorbs(missing, at=self.at)
            self.sources |= found
        loaded = {name: self.sources[name] for name in names}
        while len(self.sources) > SOURCES_KEPT:
            self.sources.popitem(last=False)
        return loaded

    def check_file(self, file: ShardFile) -> None:
        """Return if every term is true, and the file's hash follows from its chunks.

        Raises:
            UnknownChunks: some are not here, or not for this person to use.
            WrongTerms: the shard says of them what is not so.
        """
        tree, count = Tree(), 0
        most = file.size_bytes() // LEAST_AVERAGE_BYTES + MOST_CHUNKS
        for number, (term, source) in enumerate(self.terms_of(file)):
            _check_term(file, number, term, source)
            count += term.end - term.first
            if count > most:
                raise WrongTerms(
                    gettext("%(file)s is made of far too small chunks.")
                    % {"file": _named(file)}
                )
            if is_all_of_one(file, term, source):
                root = from_client_hex(source.xorb)
                break
            table = source.table
            for chunk in range(term.first, term.end):
                tree.add(table.hash(chunk), table.plain_bytes(chunk, chunk + 1))
        else:
            root = tree.root()
        if client_hex(file_hash(root)) != file.hash:
            raise WrongTerms(
                gettext("%(file)s has another hash than %(hash)s.")
                % {"file": _named(file), "hash": file.hash}
            )

    def check_xorb(self, xorb: ShardXorb) -> None:
        """Return if a xorb has the chunks that the shard says.

        Raises:
            UnknownChunks, WrongTerms: as for a file.
        """
        source = self.load({xorb.hash})[xorb.hash]
        table = source.table
        if not source.is_open(range(len(table))):
            raise _unknown(xorb.hash)
        said = list(xorb.chunks())
        numbers = range(len(table))
        is_so = len(said) == len(table) and all(
            said[number]
            == (table.hash(number), table.starts[number], _size(table, number))
            for number in numbers
        )
        if not is_so:
            raise WrongTerms(
                gettext("Xorb %(hash)s has other chunks than the shard says.")
                % {"hash": xorb.hash}
            )


def is_all_of_one(file: ShardFile, term: Term, source: Source) -> bool:
    """Whether a file is one xorb from its first chunk to its last, so has its root."""
    return file.term_count == 1 and term.end - term.first == len(source.table)


def _size(table: Table, number: int) -> int:
    return table.plain_bytes(number, number + 1)


def _check_term(file: ShardFile, number: int, term: Term, source: Source) -> None:
    where = f"Term {number} of {_named(file)}"
    chunks = range(term.first, term.end)
    if not chunks:
        raise WrongTerms(
            gettext("%(where)s takes no chunk: %(first)s up to %(end)s.")
            % {"where": where, "first": term.first, "end": term.end}
        )
    if not source.is_open(chunks):
        raise _unknown(term.xorb)
    table = source.table
    if chunks.stop > len(table):
        raise WrongTerms(
            gettext(
                "%(where)s takes chunks up to %(stop)s, and xorb %(xorb)s has "
                "%(table)s."
            )
            % {
                "where": where,
                "stop": chunks.stop,
                "xorb": term.xorb,
                "table": len(table),
            }
        )
    found = table.plain_bytes(chunks.start, chunks.stop)
    if found != term.plain_bytes:
        raise WrongTerms(
            gettext(
                "%(where)s has %(found)s bytes, and not the %(plain_bytes)s it says."
            )
            % {
                "where": where,
                "found": f"{found:,}",
                "plain_bytes": f"{term.plain_bytes:,}",
            }
        )
    if table.check(chunks.start, chunks.stop) != term.check:
        raise WrongTerms(
            gettext("%(where)s has another verification hash than the shard says.")
            % {"where": where}
        )


def _named(file: ShardFile) -> str:
    return f"the file of SHA-256 {file.sha256}"


def _unknown(xorb: str) -> UnknownChunks:
    return UnknownChunks(
        gettext(
            "Your client counts on data it sent before (xorb %(xorb)s) that this "
            "site does not have from you. Run the upload again: it will send "
            "everything."
        )
        % {"xorb": xorb}
    )
