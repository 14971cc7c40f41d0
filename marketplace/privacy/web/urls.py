from django.urls import path

from marketplace.privacy.web import views

app_name = "privacy"
urlpatterns = [
    path("privacy", views.privacy, name="privacy"),
    path("settings/data", views.data, name="data"),
    path("settings/data/copy", views.copy_file, name="copy"),
    path("settings/leave", views.leave, name="leave"),
]
