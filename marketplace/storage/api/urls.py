from django.urls import path

from marketplace.storage.api import views

urlpatterns = [
    path("uploads", views.UploadList.as_view(), name="upload-list"),
    path(
        "uploads/<uuid:upload_id>", views.UploadDetail.as_view(), name="upload-detail"
    ),
    path(
        "uploads/<uuid:upload_id>/parts/<int:number>",
        views.UploadPart.as_view(),
        name="upload-part",
    ),
    path(
        "uploads/<uuid:upload_id>/complete",
        views.UploadComplete.as_view(),
        name="upload-complete",
    ),
]
