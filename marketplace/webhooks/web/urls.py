from django.urls import path

from marketplace.webhooks.web import views

ONE = "settings/webhooks/<uuid:webhook_id>"
DELIVERY = f"{ONE}/deliveries/<uuid:delivery_id>"

app_name = "webhooks"
urlpatterns = [
    path("settings/webhooks", views.webhooks, name="webhooks"),
    path(ONE, views.webhook, name="webhook"),
    path(f"{ONE}/switch", views.switch, name="switch"),
    path(f"{ONE}/delete", views.delete, name="delete"),
    path(DELIVERY, views.delivery, name="delivery"),
    path(f"{DELIVERY}/again", views.send_again, name="send-again"),
]
