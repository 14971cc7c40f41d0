"""What pages share."""

from datetime import UTC, datetime

from django.utils import timezone

from marketplace.kit.web import UtcMoment


def test_a_moment_in_utc_is_read_and_shown_so_wherever_the_site_is():
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    field = UtcMoment()

    with timezone.override("Asia/Tokyo"):
        assert field.clean("2026-01-01T12:00") == noon
        assert field.prepare_value(noon).isoformat() == "2026-01-01T12:00:00"
