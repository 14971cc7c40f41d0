"""Charts of a board: what is drawn where, and their page."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories.training import ContestFactory, scored
from training.contests.models import BoardRow
from training.web.charts import Scored, over_time, pareto


def rows(*points):
    return [
        Scored(f"row {n}", score, score, across)
        for n, (across, score) in enumerate(points)
    ]


def test_the_line_over_time_goes_through_whoever_led():
    chart = over_time(rows((30, 0.7), (0, 0.5), (60, 0.9), (45, 0.6)))

    assert [(dot.x, dot.y, dot.is_best) for dot in chart.dots] == [
        (0, 200, True),
        (300, 100, True),
        (450, 150, False),
        (600, 0, True),
    ]
    assert chart.line == "M0.0 200.0 H300.0 V100.0 H600.0 V0.0 H600"
    assert (chart.bottom, chart.top) == (0.5, 0.9)


def test_the_pareto_line_joins_what_nobody_beats_in_both():
    chart = pareto(rows((10, 0.9), (1, 0.5), (5, 0.4), (5, 0.7), (20, 0.9)))

    best = [(dot.across, dot.score) for dot in chart.dots if dot.is_best]
    assert best == [(1, 0.5), (5, 0.7), (10, 0.9)]


def test_where_less_is_better_the_least_is_highest():
    chart = over_time(
        [Scored("first", 0.9, -0.9, 0.0), Scored("second", 0.1, -0.1, 1.0)]
    )

    assert [dot.y for dot in chart.dots] == [200, 0]
    assert (chart.bottom, chart.top) == (0.9, 0.1)


@pytest.mark.parametrize("points", [[], [(1, 1)]])
def test_one_point_makes_no_chart(points):
    assert over_time(rows(*points)) is None
    assert pareto(rows(*points)) is None


def test_points_that_are_alike_do_not_divide_by_nothing():
    chart = pareto(rows((1, 0.5), (1, 0.5)))

    assert {(dot.x, dot.y) for dot in chart.dots} == {(0, 200)}


@pytest.mark.django_db
@pytest.mark.parametrize("cost", ["", "?cost=peak_memory_bytes", "?cost=nonsense"])
def test_the_page_draws_the_board_and_says_it_as_a_table(
    cost, django_assert_num_queries
):
    contest = ContestFactory()
    for value in (0.5, 0.9):
        scored(contest, value)
    BoardRow.objects.update(latency_ms_per_row=0.2, peak_memory_bytes=2**20)

    with django_assert_num_queries(2):
        page = Client().get(
            reverse("training:board-charts", args=[contest.slug]) + cost
        )

    said = page.content.decode()
    assert said.count("<svg") >= 2
    assert said.count("The same as a table") == 2


@pytest.mark.django_db
def test_an_empty_board_has_no_charts_and_says_so():
    page = Client().get(reverse("training:board-charts", args=[ContestFactory().slug]))

    assert "nothing to draw" in page.content.decode()
