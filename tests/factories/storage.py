"""Blobs, whose bytes are really in the store, and uploads under way."""

import hashlib

import factory
from factory.django import DjangoModelFactory

from marketplace.storage import services
from marketplace.storage.models import Blob, Upload
from marketplace.storage.queries import current_store
from tests.factories.accounts import NOON, UserFactory

MIB = 2**20


class BlobFactory(DjangoModelFactory[Blob]):
    """A blob of `content`, stored at `stored_at`; each has its own content if not given."""

    class Meta:
        model = Blob

    content = factory.Sequence(lambda number: f"content of blob {number}\n".encode())
    stored_at = NOON

    @classmethod
    def _create(cls, model_class, *args, content, stored_at, **kwargs):
        blob = services.store_bytes(content, stored_at=stored_at)
        for name, value in kwargs.items():
            setattr(blob, name, value)
        if kwargs:
            blob.save(update_fields=[*kwargs])
        return blob


class UploadFactory(DjangoModelFactory[Upload]):
    """An open upload of `content`, none of whose parts have arrived."""

    class Meta:
        model = Upload

    class Params:
        content = b"a first part, a second part, the end"

    owner = factory.SubFactory(UserFactory)
    sha256 = factory.LazyAttribute(lambda o: hashlib.sha256(o.content).hexdigest())
    size_bytes = factory.LazyAttribute(lambda o: len(o.content))
    part_size_bytes = 14
    created_at = NOON

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        upload = model_class(*args, **kwargs)
        upload.store_id = current_store().begin(str(upload.pk))
        upload.save(force_insert=True)
        return upload
