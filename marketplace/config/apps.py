from django.apps import AppConfig

from marketplace.config.celery import app as celery_app


class ConfigConfig(AppConfig):
    name = "marketplace.config"
    label = "config"

    def ready(self) -> None:
        celery_app.set_default()
