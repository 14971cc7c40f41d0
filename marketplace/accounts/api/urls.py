from django.urls import path

from marketplace.accounts.api import (
    invitations,
    notices,
    schema,  # noqa: F401  drf-spectacular finds it loaded
    views,
)

urlpatterns = [
    path("account", views.AccountView.as_view()),
    path("notices", notices.Notices.as_view()),
    path("notices/read", notices.NoticesRead.as_view()),
    path("notices/choices", notices.NoticeChoices.as_view()),
    path("notices/<uuid:notice_id>", notices.NoticeDetail.as_view()),
    path("people/<str:name>", views.PersonView.as_view()),
    path("tokens", views.TokensView.as_view()),
    path("tokens/<uuid:token_id>", views.TokenView.as_view()),
    path("organisations", views.OrganisationsView.as_view()),
    path("organisations/<str:name>", views.OrganisationView.as_view()),
    path("organisations/<str:name>/invitations", invitations.InvitationsView.as_view()),
    path(
        "organisations/<str:name>/invitations/<uuid:invitation_id>",
        invitations.InvitationView.as_view(),
    ),
    path("organisations/<str:name>/members", views.MembersView.as_view()),
    path("organisations/<str:name>/members/<str:user>", views.MemberView.as_view()),
]
