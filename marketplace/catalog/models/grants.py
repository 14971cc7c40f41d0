"""Guardian's rows with real foreign keys: fast, and gone when the repository is."""

from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from marketplace.catalog.models.repositories import Repository


class RepositoryUserObjectPermission(UserObjectPermissionBase):
    content_object = models.ForeignKey(Repository, models.CASCADE)


class RepositoryGroupObjectPermission(GroupObjectPermissionBase):
    content_object = models.ForeignKey(Repository, models.CASCADE)
