import pytest

PAGES = {
    "home": "/",
    "search": "/search",
    "search-words": "/search?q=olives",
    "search-nothing": "/search?q=zeppelin",
    "datasets": "/datasets",
    "models": "/models",
    "dataset": "/datasets/ada/river-levels",
    "dataset-sold": "/datasets/ada/flood-features",
    "files": "/datasets/ada/river-levels/tree/main",
    "file": "/datasets/ada/river-levels/blob/main/data/rows.csv",
    "history": "/datasets/ada/river-levels/commits/main",
    "model": "/models/maya/leaf-net",
    "contests": "/contests",
    "contest": "/contests/olive-cup",
    "board": "/contests/olive-cup/leaderboard",
    "person": "/people/ada",
    "pricing": "/pricing",
    "learn": "/learn",
    "guide": "/learn/guides/beginner",
    "lesson-curves": "/learn/splits-and-why",
    "lesson-reliability": "/learn/calibration-and-uncertainty",
    "lesson-scan": "/learn/try-a-model",
    "lesson-tables": "/learn/metrics",
    "licences": "/licences",
    "licence": "/licences/CC-BY-NC-4.0",
    "licence-commercial": "/licences/LicenseRef-Stoa-Commercial-1.0",
    "licences-choose": "/licences/choose?use=adapt&input=CC-BY-4.0%0ACC-BY-SA-4.0",
    "sign-in": "/accounts/login/",
    "sign-up": "/accounts/signup/",
    "not-found": "/there/is/nothing/here",
}


@pytest.mark.parametrize(("name", "path"), PAGES.items())
def test_a_public_page_is_sound_in_both_themes_on_wide_and_narrow_screens(
    page_of, check_both, name, path
):
    page = page_of()
    page.goto(path)
    check_both(page, name)
