"""Django's settings, one file without a branch: what differs comes from `Environment`."""

from datetime import timedelta

from marketplace.config import reference, services
from marketplace.config.env import ROOT, environment
from marketplace.config.logging import logging_config
from marketplace.kit import content_security

SECRET_KEY, *SECRET_KEY_FALLBACKS = environment.secret_keys
DEBUG = environment.debug
ALLOWED_HOSTS = environment.allowed_hosts
CSRF_TRUSTED_ORIGINS = [environment.base_url]
IS_HTTPS = environment.base_url.startswith("https://")
ROOT_URLCONF = "marketplace.config.urls"
WSGI_APPLICATION = "marketplace.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "guardian",
    "rest_framework",
    "marketplace.kit",
    "marketplace.accounts",
    "marketplace.storage",
    "licensing",
    "marketplace.catalog",
    "marketplace.viewer",
    "training.runs",
    "training.viewing",
    "training.reports",
    "training.contests",
    "training.studio",
    "training.notebooks",
    "training.serving",
    "marketplace.community",
    "marketplace.webhooks",
    "marketplace.metering",
    "marketplace.publishers",
    "marketplace.lessons",
    "marketplace.privacy",
    "marketplace.hub",
    "marketplace.front",
    "marketplace.demo",
    "marketplace.config",
]

MIDDLEWARE = [
    "marketplace.config.watching.requests.Watched",
    "django.middleware.security.SecurityMiddleware",
    "marketplace.kit.content_security.ContentSecurityPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "marketplace.hub.viewer_host.ViewerHost",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "marketplace.accounts.second_factor.StaffNeedSecondFactor",
    "marketplace.accounts.seen.SessionsSeen",
    "marketplace.kit.unkept.NothingKept",
    "django_htmx.middleware.HtmxMiddleware",
    "marketplace.front.web.errors.RefusalPages",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "marketplace" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["django.templatetags.i18n"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "marketplace.front.context.site",
            ],
        },
    }
]

DATABASES = services.databases(environment)
CACHES = services.caches(environment)

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English"), ("es", "Español")]
LOCALE_PATHS = [ROOT / "marketplace" / "locale"]
FORMAT_MODULE_PATH = "marketplace.config.formats"
LANGUAGE_COOKIE_AGE = int(timedelta(days=365).total_seconds())
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = IS_HTTPS
TIME_ZONE = environment.time_zone
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = environment.data_dir / "static"
STATICFILES_DIRS = [ROOT / "marketplace" / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_ADD_HEADERS_FUNCTION = content_security.for_workers
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 2**20  # forms and JSON; files are streamed
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_NAME = "__Host-" * IS_HTTPS + "sessionid"  # so no neighbour can set it
CSRF_COOKIE_NAME = "__Host-" * IS_HTTPS + "csrftoken"
SESSION_COOKIE_AGE = int(timedelta(days=30).total_seconds())
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) * IS_HTTPS
SECURE_HSTS_INCLUDE_SUBDOMAINS = environment.hsts_covers != "host"
SECURE_HSTS_PRELOAD = environment.hsts_covers == "preload"
SILENCED_SYSTEM_CHECKS = [
    "security.W008",  # the proxy that ends TLS leads there: here it would go in circles
    "security.W021",  # lists of browsers bind a domain for years: HSTS_COVERS=preload
]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "marketplace.front.web.errors.csrf_failed"
CONTENT_SECURITY_POLICY = content_security.policy(
    origins_of_bytes=services.origins_of_bytes(environment),
    origins_of_payment=services.origins_of_payment(environment),
)

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    "marketplace.catalog.permissions.RepositoryOwnerBackend",
    "guardian.backends.ObjectPermissionBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "front:dashboard"
ANONYMOUS_USER_NAME = None
GUARDIAN_RAISE_403 = True

ACCOUNT_ADAPTER = "marketplace.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_LOGOUT_REDIRECT_URL = "front:home"
ACCOUNT_USERNAME_VALIDATORS = "marketplace.accounts.names.USERNAME_VALIDATORS"
ACCOUNT_CHANGE_EMAIL = True  # one address a person, replaced once the new is verified
ACCOUNT_FORMS = {
    use: f"marketplace.accounts.web.sign_in_forms.{form}"
    for use, form in {
        "add_email": "ChangeEmailForm",
        "change_password": "ChangePasswordForm",
        "login": "LoginForm",
        "reauthenticate": "ReauthenticateForm",
        "reset_password": "ResetPasswordForm",
        "reset_password_from_key": "ResetPasswordKeyForm",
        "set_password": "SetPasswordForm",
        "signup": "SignupForm",
    }.items()
}
MFA_ADAPTER = "marketplace.accounts.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    use: f"marketplace.accounts.web.sign_in_forms.{form}"
    for use, form in {
        "activate_totp": "ActivateAppForm",
        "add_webauthn": "AddKeyForm",
        "authenticate": "CodeForm",
        "authenticate_webauthn": "KeyForm",
        "edit_webauthn": "NameKeyForm",
        "reauthenticate": "CodeAgainForm",
        "reauthenticate_webauthn": "KeyAgainForm",
    }.items()
}
ALLAUTH_TRUSTED_PROXY_COUNT = environment.trusted_proxies
SIGNUP_IS_OPEN = environment.signup_is_open

DEFAULT_FROM_EMAIL = environment.email_from
vars().update(services.email(environment))  # and whether sign-up waits for a letter

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "marketplace.accounts.http.TokenAuthentication",
        "marketplace.accounts.http.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["marketplace.accounts.http.MemberOrReadOnly"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["marketplace.kit.parsers.JSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["marketplace.kit.limits.RequestRate"],
    "DEFAULT_SCHEMA_CLASS": "marketplace.kit.schema.OperationSchema",
    "EXCEPTION_HANDLER": "marketplace.kit.drf.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "NUM_PROXIES": environment.trusted_proxies,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
REQUESTS_PER_MINUTE = {
    "anonymous": environment.anonymous_requests_per_minute,
    "member": environment.member_requests_per_minute,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Stoa",
    "DESCRIPTION": reference.DESCRIPTION,
    "TAGS": reference.TAGS,
    "SWAGGER_UI_SETTINGS": reference.SWAGGER_UI,
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "ContestTask": "training.contests.models.Task",
        "EditionKind": "training.contests.models.EditionKind",
        "OrganisationRole": "marketplace.accounts.models.Role",
        "TokenScope": "marketplace.accounts.models.Scope",
        "UploadState": "marketplace.storage.models.UploadState",
        "ModelReportState": "training.reports.models.State",
        "OfferState": "licensing.models.OfferState",
        "OfferAudience": "licensing.models.Audience",
        "PriceKind": "licensing.models.PriceKind",
        "PartyKind": "licensing.models.PartyKind",
        "ContributionRole": "licensing.models.ContributionRole",
        "DisclosureKind": "licensing.models.Disclosed",
        "DisclosureAudience": "licensing.models.DisclosedTo",
        "HandoverState": "licensing.models.HandoverState",
        "RecallKind": "licensing.models.RecallKind",
        "RecallVoice": "licensing.models.RecallVoice",
        "DerivationOrigin": "licensing.models.Origin",
        "PurseState": "licensing.models.PurseState",
        "ReportState": "marketplace.catalog.models.ReportState",
        "CounterNoticeState": "marketplace.catalog.models.NoticeState",
        "LetterKind": "marketplace.accounts.models.Letter",
        "ChosenLetter": "marketplace.accounts.api.notices.CHOSEN",
        "CheckoutState": "licensing.models.CheckoutState",
        "PaymentProvider": "licensing.models.PaymentProvider",
        "OrderState": "licensing.models.OrderState",
        "ResultsAreEnum": "licensing.models.ResultsRule",
        "LedgerEntryKind": "licensing.models.EntryKind",
        "RepositoryKind": "marketplace.catalog.models.Kind",
        "RepositoryVisibility": "marketplace.catalog.models.Visibility",
        "RepositoryGating": "marketplace.catalog.models.Gating",
        "AccessState": "marketplace.catalog.models.AccessState",
        "RepositoryRole": "marketplace.catalog.permissions.ShareRole",
        "TreeEntryKind": "marketplace.catalog.models.EntryKind",
        "RefKind": "marketplace.catalog.models.RefKind",
        "ReferenceKind": "training.contests.references.ReferenceKind",
        "ContestVisibility": "training.contests.models.Visibility",
        "ContestRegistration": "training.contests.models.Registration",
        "EntryRequestState": "training.contests.models.RequestState",
        "TeamProposalState": "training.contests.models.ProposalState",
        "SubmissionFormat": "training.contests.models.Format",
        "RunStatus": "training.runs.models.RunStatus",
        "JobSourceKind": "training.notebooks.models.SourceKind",
        "JobScheduleEnum": "training.notebooks.models.Schedule",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "marketplace.kit.schema.describe_refusals",
    ],
}

CELERY_BROKER_URL = services.broker_url(environment)
CELERY_BROKER_TRANSPORT_OPTIONS = services.broker_options(environment)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "contests.take_commits": {"queue": "default"},  # behind no run
    "contests.*": {"queue": "runs"},
    "studio.start_due": {"queue": "default"},  # behind no run
    "studio.look_again": {"queue": "default"},
    "studio.*": {"queue": "runs"},
    "notebooks.start_due": {"queue": "default"},  # behind no run
    "notebooks.*": {"queue": "runs"},
    "reports.*": {"queue": "runs"},
    "viewing.convert": {"queue": "runs"},
    "viewing.*": {"queue": "default"},  # behind no run
    "serving.*": {"queue": "predictions"},
    "runs.*": {"queue": "default"},
    "licensing.*": {"queue": "default"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(environment.data_dir / "beat")
CELERY_BEAT_SCHEDULE = {
    "dispatch and reap runs": {"task": "runs.sweep", "schedule": 5.0},
    "meter runs": {"task": "runs.meter", "schedule": 300.0},
    "look at payments": {"task": "licensing.look_at_payments", "schedule": 15.0},
    "pass on what is due": {"task": "licensing.pass_on", "schedule": 3600.0},
    "read the processor's statement": {
        "task": "licensing.read_statement",
        "schedule": 21_600.0,
    },
    "expire orders": {"task": "licensing.expire_orders", "schedule": 300.0},
    "show prices of now": {"task": "licensing.roll_prices", "schedule": 60.0},
    "count use": {"task": "metering.count", "schedule": 300.0},
    "charge use": {"task": "metering.charge", "schedule": 3600.0},
    "bill what was used": {"task": "licensing.bill_usage", "schedule": 3600.0},
    "renew subscriptions": {
        "task": "licensing.renew_subscriptions",
        "schedule": 3600.0,
    },
    "expire handovers": {"task": "licensing.expire_handovers", "schedule": 3600.0},
    "lapse prizes": {"task": "licensing.lapse_prizes", "schedule": 300.0},
    "write letters about recalls": {
        "task": "licensing.send_letters",
        "schedule": 60.0,
    },
    "write letters about orders": {
        "task": "licensing.send_order_letters",
        "schedule": 60.0,
    },
    "learn words to search by": {"task": "catalog.learn_words", "schedule": 21_600.0},
    "tell of what saved searches find": {
        "task": "community.tell_of_searches",
        "schedule": 3600.0,
    },
    "count downloads": {"task": "catalog.count_downloads", "schedule": 60.0},
    "let go of what was deleted": {
        "task": "catalog.purge_deleted",
        "schedule": 86_400.0,
    },
    "look into files": {"task": "catalog.scan_files", "schedule": 60.0},
    "write letters about access": {"task": "catalog.send_letters", "schedule": 60.0},
    "write letters": {"task": "accounts.send_notices", "schedule": 60.0},
    "make copies": {"task": "privacy.make_copies", "schedule": 60.0},
    "erase accounts": {"task": "privacy.erase_due", "schedule": 3600.0},
    "forget what is over its time": {"task": "privacy.forget", "schedule": 3600.0},
    "send webhooks": {"task": "webhooks.sweep", "schedule": 5.0},
    "check the books": {"task": "licensing.check_books", "schedule": 21_600.0},
    "seal the audit trail": {"task": "kit.seal_audit", "schedule": 5.0},
    "forget request counts": {"task": "kit.forget_counts", "schedule": 3600.0},
    "prepare drafts of contests": {
        "task": "contests.prepare_drafts",
        "schedule": 5.0,
    },
    "carry submissions into phases": {
        "task": "contests.carry_submissions",
        "schedule": 60.0,
    },
    "take what teams uploaded": {"task": "contests.take_commits", "schedule": 5.0},
    "tell of windows": {"task": "contests.tell_of_windows", "schedule": 300.0},
    "start trainings": {"task": "studio.start_due", "schedule": 60.0},
    "look at moved data": {"task": "studio.look_again", "schedule": 600.0},
    "audit boards": {"task": "contests.audit_boards", "schedule": 86_400.0},
    "start jobs that are due": {"task": "notebooks.start_due", "schedule": 30.0},
    "look for datasets to make tables of": {"task": "viewing.look", "schedule": 10.0},
    "forget tables of the past": {"task": "viewing.forget", "schedule": 3600.0},
    "verify what is stored": {"task": "storage.verify_some", "schedule": 3600.0},
    "collect what nothing needs": {
        "task": "storage.collect_unneeded",
        "schedule": 3600.0,
    },
    "collect old chunks": {"task": "storage.collect_xorbs", "schedule": 3600.0},
    "collect abandoned uploads": {
        "task": "storage.collect_abandoned",
        "schedule": 3600.0,
    },
}
CELERY_TIMEZONE = "UTC"

LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = logging_config(level=environment.log_level, style=environment.log_format)

STOA = environment
