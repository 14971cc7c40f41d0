"""Metrics of numbers: values, forecasts with their uncertainty, times to an event."""

from training.kinds.facts import Kind, MetricFacts, Needs
from training.marked import gettext_noop

VALUES = (Kind.REGRESSION,)
SERIES = (Kind.FORECAST,)
TIMES = (Kind.SURVIVAL,)
RATIO = gettext_noop("Delta method for a ratio of means.")
WQL = "Salinas et al. 2020, doi:10.1016/j.ijforecast.2019.07.001"

FACTS = {
    "rmse": MetricFacts(
        gettext_noop("RMSE"),
        is_greater_better=False,
        needs=Needs.VALUES,
        kinds=VALUES,
        description=gettext_noop(
            "Root of the mean squared error, in the target's unit."
        ),
        reading=gettext_noop(
            "Large errors weigh most: one outlier can decide it. The mean is what "
            "it asks for."
        ),
        source="Gneiting 2011, doi:10.1198/jasa.2011.r10138",
        most=None,
        interval=gettext_noop("Root of the mean square's interval."),
    ),
    "mae": MetricFacts(
        gettext_noop("MAE"),
        is_greater_better=False,
        needs=Needs.VALUES,
        kinds=VALUES,
        description=gettext_noop("Mean absolute error, in the target's unit."),
        reading=gettext_noop("The median is what it asks for."),
        source="Willmott and Matsuura 2005, doi:10.3354/cr030079",
        most=None,
    ),
    "r2": MetricFacts(
        gettext_noop("R²"),
        is_greater_better=True,
        needs=Needs.VALUES,
        kinds=VALUES,
        description=gettext_noop(
            "Share of the target's variance explained; 0 is the mean's score."
        ),
        reading=gettext_noop("Below 0 the model is worse than always saying the mean."),
        source="Wright 1921, Journal of Agricultural Research 20, 557-585",
        least=None,
        interval=RATIO,
    ),
    "spearman": MetricFacts(
        gettext_noop("Spearman correlation"),
        is_greater_better=True,
        needs=Needs.VALUES,
        kinds=VALUES,
        description=gettext_noop(
            "Correlation of the ranks: more predicted where there is more."
        ),
        reading=gettext_noop(
            "It ignores the scale: predictions may be off by any rising function."
        ),
        source="Spearman 1904, doi:10.2307/1412159",
        least=-1.0,
        interval=gettext_noop(
            "Fisher's z, Bonett and Wright 2000, doi:10.1007/BF02294183."
        ),
    ),
    "smape": MetricFacts(
        gettext_noop("sMAPE"),
        is_greater_better=False,
        needs=Needs.VALUES,
        kinds=VALUES,
        description=gettext_noop(
            "Mean of |error| over the mean of |truth| and |prediction|."
        ),
        reading=gettext_noop(
            "0 to 2 (200 %). Unstable near zero: both zero counts as no error."
        ),
        source="Makridakis et al. 2020 (M4), doi:10.1016/j.ijforecast.2019.04.014",
        most=2.0,
    ),
    "mase": MetricFacts(
        gettext_noop("MASE"),
        is_greater_better=False,
        needs=Needs.POINTS,
        kinds=SERIES,
        description=gettext_noop(
            "Mean |error| over that of the naive forecast in the past."
        ),
        reading=gettext_noop(
            "Below 1 the forecast beats the seasonal naive one of the training "
            "data, whose error is the series' scale."
        ),
        source="Hyndman and Koehler 2006, doi:10.1016/j.ijforecast.2006.03.001",
        most=None,
        interval=gettext_noop("Mean over the series and its standard error."),
    ),
    "forecast_smape": MetricFacts(
        gettext_noop("sMAPE of forecasts"),
        is_greater_better=False,
        needs=Needs.POINTS,
        kinds=SERIES,
        description=gettext_noop(
            "Mean of |error| over the mean of |truth| and |forecast|."
        ),
        reading=gettext_noop(
            "0 to 2 (200 %). Unstable near zero: both zero counts as no error."
        ),
        source="Makridakis et al. 2020 (M4), doi:10.1016/j.ijforecast.2019.04.014",
        most=2.0,
        interval=gettext_noop("Mean over the series and its standard error."),
    ),
    "pinball": MetricFacts(
        gettext_noop("Pinball loss"),
        is_greater_better=False,
        needs=Needs.QUANTILES,
        kinds=SERIES,
        description=gettext_noop(
            "Mean loss of the stated quantiles, in the target's unit."
        ),
        reading=gettext_noop(
            "Honest quantiles score best. At the median it is half the MAE."
        ),
        source="Koenker and Bassett 1978, doi:10.2307/1913643",
        most=None,
        interval=gettext_noop("Mean over the series and its standard error."),
    ),
    "wql": MetricFacts(
        gettext_noop("Weighted quantile loss"),
        is_greater_better=False,
        needs=Needs.QUANTILES,
        kinds=SERIES,
        description=gettext_noop(
            "Twice the pinball loss over the sum of |truth|; has no unit."
        ),
        reading=gettext_noop(
            "Series with large values weigh most. Compare it within one data set."
        ),
        source=WQL,
        most=None,
        interval=RATIO,
    ),
    "crps": MetricFacts(
        gettext_noop("CRPS from quantiles"),
        is_greater_better=False,
        needs=Needs.QUANTILES,
        kinds=SERIES,
        description=gettext_noop(
            "Distance from the stated distribution to what happened."
        ),
        reading=gettext_noop(
            "Twice the mean pinball loss, integrated over the levels by their "
            "spacing; more levels approach the true CRPS."
        ),
        source="Gneiting and Raftery 2007, doi:10.1198/016214506000001437",
        most=None,
        interval=gettext_noop("Mean over the series and its standard error."),
    ),
    "coverage_gap": MetricFacts(
        gettext_noop("Coverage gap"),
        is_greater_better=False,
        needs=Needs.QUANTILES,
        kinds=SERIES,
        description=gettext_noop(
            "How far the outermost interval's coverage is from what it says."
        ),
        reading=gettext_noop(
            "0.1 to 0.9 should hold four fifths of what happened. Wide intervals cover, "
            "too: read it beside a loss."
        ),
        source="Gneiting et al. 2007, doi:10.1111/j.1467-9868.2007.00587.x",
        interval=gettext_noop("Wilson's interval of the coverage."),
    ),
    "concordance": MetricFacts(
        gettext_noop("Concordance index"),
        is_greater_better=True,
        needs=Needs.RISKS,
        kinds=TIMES,
        description=gettext_noop(
            "Chance that of two the one with the higher risk fails sooner."
        ),
        reading=gettext_noop(
            "0.5 is chance. Only pairs whose order is known count; equal risks "
            "count half."
        ),
        source="Harrell et al. 1982, doi:10.1001/jama.1982.03320430047030",
        interval=gettext_noop("Jackknife of a U-statistic's ratio over the subjects."),
    ),
    "survival_brier": MetricFacts(
        gettext_noop("Brier score of survival"),
        is_greater_better=False,
        needs=Needs.SURVIVAL,
        kinds=TIMES,
        description=gettext_noop(
            "Mean squared error of the survival stated for each horizon."
        ),
        reading=gettext_noop(
            "Always saying 0.5 scores 0.25. Those lost from sight are made up for "
            "by weighting the others (IPCW)."
        ),
        source="Graf et al. 1999, doi:10.1002/(SICI)1097-0258(19990915/30)18:17/18"
        "<2529::AID-SIM274>3.0.CO;2-5",
        most=None,
    ),
}
