"""What caches may keep of a page: nothing of a member's, a stranger's for a minute."""

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control

FRESH_SECONDS = 60


def kept_for_strangers(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Mark a page that is the same for everyone who is not signed in.

    What a member sees stays unmarked, which `kit.unkept` answers.
    """
    if not request.user.is_authenticated:
        patch_cache_control(response, public=True, max_age=FRESH_SECONDS)
    return response
