"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from marketplace.config import boot
from marketplace.config.env import environment
from marketplace.config.watching import sending

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.config.settings")
boot.start()
sending.begin(environment)
application = get_wsgi_application()
