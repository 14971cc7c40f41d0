from django.urls import path

from marketplace.viewer.web import assets, comparing, data, faults

app_name = "viewer"
BELOW = "datasets/<str:namespace>/<str:name>/data"
AT = f"{BELOW}/<revision:revision>"
urlpatterns = [
    path("viewer/cell", assets.asset, name="asset"),
    path(BELOW, data.rows, name="data"),
    path(AT, data.rows, name="data-version"),
    path(f"{AT}/row/<int:row>", data.whole_row, name="row"),
    path(f"{AT}/quality", faults.quality, name="quality"),
    path(f"{AT}/brief", faults.brief, name="brief"),
    path(f"{AT}/comparison", comparing.comparison, name="comparison"),
]
