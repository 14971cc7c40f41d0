from django.apps import AppConfig


class ViewerConfig(AppConfig):
    name = "marketplace.viewer"
