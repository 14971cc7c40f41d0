from django.apps import AppConfig


class StorageConfig(AppConfig):
    name = "marketplace.storage"
