"""The frame: settings, urls, celery, boot. It may know everyone; no one may know it."""
