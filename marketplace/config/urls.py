"""Every address of the site, by room."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django.views.i18n import JavaScriptCatalog, set_language
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from marketplace.config.consultation import doctor
from marketplace.config.health import healthz, readyz
from marketplace.config.watching.api import MetricsView
from marketplace.kit.content_security import with_inline_styles

api: list[URLPattern | URLResolver] = [
    path("", include("marketplace.catalog.api.urls")),  # first, as the most asked for
    path("", include("marketplace.accounts.api.urls")),
    path("", include("marketplace.storage.api.urls")),
    path("", include("licensing.api.urls")),
    path("", include("training.api.urls")),
    path("", include("marketplace.community.api.urls")),
    path("", include("marketplace.publishers.api.urls")),
    path("", include("marketplace.metering.api.urls")),
    path("operator/metrics", MetricsView.as_view()),
]
# Without a token, so that caches can keep pages that are the same for everyone; whom
# another site made change their language changes it back.
language = csrf_exempt(require_POST(set_language))
words = cache_control(private=True, max_age=3600)(
    JavaScriptCatalog.as_view(packages=["marketplace.front"])
)
api_reference = with_inline_styles(
    SpectacularSwaggerSplitView.as_view(url_name="schema")
)

admin.site.site_header = admin.site.site_title = "Stoa administration"

handler400 = "marketplace.front.web.errors.bad_request"
handler403 = "marketplace.front.web.errors.forbidden"
handler404 = "marketplace.front.web.errors.not_found"
handler500 = "marketplace.front.web.errors.server_error"

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("language", language, name="language"),
    path("words.js", words, name="words"),
    path("operator/doctor", doctor, name="operator-doctor"),
    path("admin/login/", secure_admin_login(admin.site.login)),  # not past a 2nd factor
    path("admin/", admin.site.urls),
    path("api/v1/", include(api)),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/", api_reference, name="api-docs"),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("", include("training.web.urls")),  # first, as the most asked for
    path("", include("marketplace.hub.urls")),
    path("", include("marketplace.accounts.web.urls")),
    path("", include("marketplace.webhooks.web.urls")),
    path("", include("marketplace.publishers.web.urls")),
    path("", include("marketplace.metering.web.urls")),
    path("", include("marketplace.privacy.web.urls")),
    path("", include("licensing.web.urls")),
    path("", include("marketplace.front.web.urls")),
    path("", include("marketplace.community.web.urls")),
    path("", include("marketplace.catalog.web.urls")),
    path(
        "", include("marketplace.viewer.web.urls")
    ),  # its converters are the catalog's
]
