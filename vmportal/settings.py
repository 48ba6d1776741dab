"""All settings of the portal; everything that differs between places comes from the environment.

With an empty environment it is the embedded default: SQLite and keys in `./data`, a broker in memory.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import environ

from vmportal.addresses import network
from vmportal.environment import cannot_start, flag, number, pairs
from vmportal.keys import read_or_make_key
from vmportal.limits import Rate
from vmportal.oidc import Issuer

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.str("PORTAL_DATA", default=str(BASE_DIR / "data"))).resolve()

DEBUG = flag(env, "PORTAL_DEBUG")
SECRET_KEY = env.str("PORTAL_SECRET_KEY", default="") or read_or_make_key(DATA_DIR / "secret-key")
# Newest first: the first encrypts, all decrypt. Each is a Fernet key.
ENCRYPTION_KEYS = env.list("PORTAL_ENCRYPTION_KEYS", default=[]) or [
    read_or_make_key(DATA_DIR / "encryption-key")
]

PORT = number(env, "PORTAL_PORT", 8000, most=65_535)
TLS_PORT = number(env, "PORTAL_TLS_PORT", PORT + 1, most=65_535)
HOST = env.str("PORTAL_HOST", default="127.0.0.1")
ALLOWED_HOSTS = env.list("PORTAL_ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("PORTAL_TRUSTED_ORIGINS", default=[])

# Proxies whose X-Forwarded-For says where a request comes from.
try:
    TRUSTED_PROXIES = [network(text.strip()) for text in env.list("PORTAL_TRUSTED_PROXIES", default=[])]
except ValueError as error:
    raise cannot_start(f"PORTAL_TRUSTED_PROXIES: {error}") from None

# What the portal itself is about.
# Demo data, and sign-in with one click: never by itself where others can reach it, or with a broker of its own.
IS_DEMO = flag(
    env,
    "PORTAL_DEMO",
    "CELERY_BROKER_URL" not in env.ENVIRON and HOST in ("127.0.0.1", "localhost", "::1"),
)
SIMULATOR_INSTANT = flag(env, "PORTAL_SIMULATOR_INSTANT")
POLICY_OFF = frozenset(env.list("PORTAL_POLICY_OFF", default=[]))  # ids of portal policies switched off
BUILD_VERSION = "v0.1.0"
OPERATOR_NAMESPACE = env.str("PORTAL_OPERATOR_NAMESPACE", default="vmware-system-vmop")
OPERATOR_ACCOUNT = "vmoperator-service-account"
# Who may what VM Operator's rules keep for privileged users: names, as in its own variable PRIVILEGED_USERS; and
# whether portal admins may act in the name of such users, and of the system's own (`kubectl --as`).
PRIVILEGED_USERS = env.str("PORTAL_PRIVILEGED_USERS", default="")
PRIVILEGED_IMPERSONATION = flag(env, "PORTAL_PRIVILEGED_IMPERSONATION")
NETWORK_PROVIDER = env.str("PORTAL_NETWORK_PROVIDER", default="VSPHERE_NETWORK")
# The one folder whose files connections may name as kubeconfigs; without it none may.
KUBECONFIG_DIR = env.str("PORTAL_KUBECONFIG_DIR", default="")
RESYNC_SECONDS = number(env, "PORTAL_RESYNC_SECONDS", 1.0, least=0.1)
LEASE_SECONDS = number(env, "PORTAL_LEASE_SECONDS", 60.0, least=1)  # how long a dead worker holds its work
FULL_SYNC_SECONDS = number(env, "PORTAL_FULL_SYNC_SECONDS", 1800.0, least=1)  # reconcile.md 1.1
CHANGES_KEPT_SECONDS = number(env, "PORTAL_CHANGES_KEPT_SECONDS", 3600)
EVENTS_KEPT_SECONDS = number(env, "PORTAL_EVENTS_KEPT_SECONDS", 3600)
AUDIT_KEPT_DAYS = number(env, "PORTAL_AUDIT_KEPT_DAYS", 365, most=36_500)
METRICS_TOKEN = env.str("PORTAL_METRICS_TOKEN", default="")
# 0: tokens may live until they are revoked.
TOKEN_MAX_DAYS = number(env, "PORTAL_TOKEN_MAX_DAYS", 365, most=36_500)
# Of each process. A client is a token or a session; who has shown none that is good is its address. No limit: rate 0.
MAX_WATCHES = number(env, "PORTAL_MAX_WATCHES", 48)  # and requests with `?wait=`: they hold a thread, too
MAX_WATCHES_PER_USER = number(env, "PORTAL_MAX_WATCHES_PER_USER", 32)
MAX_LIST = number(env, "PORTAL_MAX_LIST", 20_000)  # objects of one answer
MAX_PARALLEL = number(env, "PORTAL_MAX_PARALLEL", 12)
CLIENT_RATE = Rate(number(env, "PORTAL_RATE", 200.0), number(env, "PORTAL_RATE_BURST", 2000.0))
ADDRESS_RATE = Rate(number(env, "PORTAL_ADDRESS_RATE", 20.0), number(env, "PORTAL_ADDRESS_RATE_BURST", 200.0))
IDEMPOTENCY_KEPT_SECONDS = number(env, "PORTAL_IDEMPOTENCY_KEPT_SECONDS", 24 * 3600)
WAIT_MOST_SECONDS = number(env, "PORTAL_WAIT_MOST_SECONDS", 60.0)  # of a request with `?wait=`
MAX_BODY_BYTES = number(env, "PORTAL_MAX_BODY_BYTES", 3 * 1024 * 1024, least=1)  # as a kube-apiserver has it
# Of the embedded web server, for each of its two ports.
MAX_CONNECTIONS = number(env, "PORTAL_MAX_CONNECTIONS", 1000, least=1)
MAX_CONNECTIONS_PER_ADDRESS = number(env, "PORTAL_MAX_CONNECTIONS_PER_ADDRESS", 250, least=1)
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES


def _oidc() -> Issuer | None:
    """The OpenID Connect issuer whose tokens open the API, as kube-apiserver's flags `--oidc-…` name it."""
    if not (url := env.str("PORTAL_OIDC_ISSUER_URL", default="")):
        said = sorted(
            name for name, value in env.ENVIRON.items() if name.startswith("PORTAL_OIDC_") and value
        )
        if said:
            raise cannot_start(
                f"{said[0]} is about an OpenID Connect issuer, and none is named: "
                f"set PORTAL_OIDC_ISSUER_URL, or leave {said[0]} out"
            )
        return None
    ca_file = env.str("PORTAL_OIDC_CA_FILE", default="")
    try:
        if ca_file and not Path(ca_file).is_file():
            raise ValueError(f"PORTAL_OIDC_CA_FILE: there is no file {ca_file}")
        return Issuer(
            url=url,
            audiences=tuple(env.list("PORTAL_OIDC_CLIENT_ID", default=[])),
            username_claim=env.str("PORTAL_OIDC_USERNAME_CLAIM", default="sub"),
            username_prefix=env.str("PORTAL_OIDC_USERNAME_PREFIX", default=""),
            groups_claim=env.str("PORTAL_OIDC_GROUPS_CLAIM", default=""),
            groups_prefix=env.str("PORTAL_OIDC_GROUPS_PREFIX", default=""),
            required_claims=pairs(env, "PORTAL_OIDC_REQUIRED_CLAIMS"),
            ca_file=ca_file,
            algorithms=tuple(env.list("PORTAL_OIDC_SIGNING_ALGS", default=["RS256"])),
            admin_group=env.str("PORTAL_OIDC_ADMIN_GROUP", default=""),
        )
    except ValueError as error:
        raise SystemExit(f"VM Portal cannot use the OpenID Connect issuer: {error}.") from error


OIDC = _oidc()

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "knox",
    "csp",
    "django_htmx",
    "vmportal",
    "storage",
    "vms",
    "groups",
]

MIDDLEWARE = [
    "vmportal.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "vmportal.middleware.LimitsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "vmportal.urls"
APPEND_SLASH = True  # of pages only: every address of the API is one by itself

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "vmportal.pages.frame",
            ],
        },
    }
]

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'portal.sqlite3'}")}
_database = DATABASES["default"]
if _database["ENGINE"].endswith("sqlite3"):
    # Right under several writers only with all three: WAL, IMMEDIATE, a timeout (docs/measured.md).
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
        "PRAGMA journal_size_limit=27103364; PRAGMA foreign_keys=ON; "
        "PRAGMA cache_size=-256;",  # KiB for each of many threads; the system caches the file once for all
        "cached_statements": 64,  # of each thread, some 10 kB each; Python would keep 128
    }
    # A file: the shared-cache memory database that Django prefers fails under several threads.
    _database["TEST"] = {"NAME": env.str("PORTAL_TEST_DB", default=str(DATA_DIR / "test.sqlite3"))}
    _database["CONN_MAX_AGE"] = None
    CELERY_DB_REUSE_MAX = 1000  # tasks of a connection: to open one takes longer than most statements
else:
    # Beside what the address asks for, such as `?sslmode=verify-full`.
    _database.setdefault("OPTIONS", {})["pool"] = {"min_size": 1, "max_size": 24, "timeout": 20}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "vmportal.User"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# The session in the shared cache, the database behind it: a page asks no statement for it.
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_NAME = "portal_session"
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "vmportal.pages.views.out_of_date"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = flag(env, "PORTAL_COOKIES_SECURE")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CACHES = {"default": env.cache("CACHE_URL", default="locmemcache://")}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "manifest-src": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

STATIC_URL = "static/"
# Where `manage.py collectstatic` puts them; the embedded start serves them from where they lie.
STATIC_ROOT = env.str("PORTAL_STATIC_ROOT", default="") or None
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # embedded: no collectstatic

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "vmportal" / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

REST_FRAMEWORK: dict[str, Any] = {
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_PERMISSION_CLASSES": [],
}
KNOX_TOKEN_MODEL = "vmportal.Token"
REST_KNOX = {"AUTH_HEADER_PREFIX": "Bearer", "TOKEN_TTL": None, "AUTO_REFRESH": False}

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="memory://localhost/")
if CELERY_BROKER_URL.startswith("memory"):
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, float] = {"polling_interval": 0.1}
else:  # a request does not wait for a broker that is away: its message is only a wake-up
    CELERY_BROKER_TRANSPORT_OPTIONS = {"max_retries": 1, "interval_start": 0, "socket_connect_timeout": 1}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
# The broker in memory hands out so many for each thread ten times a second, and loses all of them alike.
CELERY_WORKER_PREFETCH_MULTIPLIER = 8 if CELERY_BROKER_URL.startswith("memory") else 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"  # keeps nothing on disk
CELERY_BEAT_SCHEDULE = {
    # A tick that is not run before the next is due is dropped: behind a backlog they would make it longer.
    "resync": {
        "task": "vmportal.tasks.resync",
        "schedule": RESYNC_SECONDS,
        "options": {"expires": RESYNC_SECONDS},
    },
    "sweep": {"task": "vmportal.tasks.sweep", "schedule": 60.0, "options": {"expires": 60.0}},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}},
    "filters": {"request_id": {"()": "vmportal.request_ids.InLog"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]},
    },
    # A refusal is the client's business: it has been told.
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
    "root": {"handlers": ["stderr"], "level": env.str("PORTAL_LOG_LEVEL", default="WARNING")},
}
