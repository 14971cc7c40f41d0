"""The pages behind signing in are as sound as the public ones."""

import pytest

PAGES = {
    "dashboard-ada": ("ada", "/dashboard"),
    "dashboard-ben": ("ben", "/dashboard"),
    "dashboard-nikos": ("nikos", "/dashboard"),
    "profile": ("ada", "/settings"),
    "tokens": ("ada", "/settings/tokens"),
    "device": ("ada", "/device"),
    "second-factor": ("ada", "/accounts/2fa/"),
    "sessions": ("ada", "/settings/sessions"),
    "webhooks": ("ada", "/settings/webhooks"),
    "organisation-new": ("ada", "/organisations/new"),
    "orders": ("ada", "/orders"),
    "new": ("ada", "/new"),
    "dataset-settings": ("ada", "/datasets/ada/river-levels/settings"),
    "upload": ("ada", "/datasets/ada/river-levels/upload"),
    "card-editor": ("ada", "/datasets/ada/river-levels/edit/README.md"),
    "publish-price": ("ada", "/datasets/ada/river-levels/publish/price"),
    "terms-new": ("ada", "/terms/new"),
    "earnings": ("ada", "/earnings"),
    "submissions": ("maya", "/submissions"),
    "contest-choose": ("hypatia", "/contests/new"),
    "contest-new": ("hypatia", "/contests/new/hypatia/olive-leaves"),
    "contest-host": ("hypatia", "/contests/olive-cup/host"),
    "contest-submit": ("maya", "/contests/olive-cup/submit"),
    "operator": ("kleio", "/operator"),
    "doctor": ("kleio", "/operator/doctor"),
    "transfers": ("kleio", "/operator/transfers"),
    "ledger": ("kleio", "/operator/ledger"),
    "workers": ("kleio", "/operator/workers"),
    "style": ("kleio", "/style"),
}


@pytest.mark.parametrize(("name", "who", "path"), [(k, *v) for k, v in PAGES.items()])
def test_a_members_page_is_sound_in_both_themes_on_wide_and_narrow_screens(
    page_of, check_both, name, who, path
):
    page = page_of(who)
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 200
    check_both(page, name)
