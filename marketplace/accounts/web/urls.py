from django.urls import path, re_path

from marketplace.accounts.web import (
    device,
    inbox,
    invitations,
    organisations,
    sessions,
    settings,
)

app_name = "accounts"
urlpatterns = [
    path("device", device.device, name="device"),
    path("inbox", inbox.inbox, name="inbox"),
    path("inbox/unread", inbox.unread, name="inbox-unread"),
    path("inbox/read", inbox.read_all, name="inbox-read"),
    re_path(
        r"^inbox/(?P<notice_id>[-0-9a-f]{36})/(?P<act>open|read|unread)$",
        inbox.notice_act,
        name="notice-act",
    ),
    path("settings", settings.profile, name="profile"),
    path("settings/letters", settings.letters, name="letters"),
    path("settings/sessions", sessions.sessions, name="sessions"),
    path("settings/tokens", settings.tokens, name="tokens"),
    path(
        "settings/tokens/<uuid:token_id>/revoke",
        settings.revoke_token,
        name="token-revoke",
    ),
    path("organisations", organisations.organisations, name="organisations"),
    path("organisations/new", organisations.new_organisation, name="organisation-new"),
    path(
        "organisations/<str:name>",
        organisations.organisation,
        name="organisation",
    ),
    path(
        "organisations/<str:name>/edit",
        organisations.edit_organisation,
        name="organisation-edit",
    ),
    path(
        "organisations/<str:name>/members",
        organisations.set_member,
        name="organisation-members",
    ),
    path(
        "organisations/<str:name>/invitations",
        invitations.invite,
        name="organisation-invitations",
    ),
    path(
        "organisations/<str:name>/invitations/<uuid:invitation_id>/revoke",
        invitations.revoke,
        name="organisation-invitation-revoke",
    ),
    path(
        "organisations/<str:name>/invited/<str:token>",
        invitations.invited,
        name="organisation-invited",
    ),
    path(
        "organisations/<str:name>/members/<str:user>/remove",
        organisations.remove_member,
        name="organisation-member-remove",
    ),
]
