"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from marketplace.config import boot

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.config.settings")
boot.start()
application = get_wsgi_application()
