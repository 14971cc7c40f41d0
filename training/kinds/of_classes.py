"""Metrics of classes: two, several, or any number of labels at once."""

from training.kinds.facts import Kind, MetricFacts, Needs
from training.marked import gettext_noop

ONE_CLASS = (Kind.BINARY, Kind.MULTICLASS)
BOTH = (Kind.BINARY,)
LABELS = (Kind.MULTILABEL,)
DRAWN = gettext_noop("Bootstrap over confusion matrices, 2,000 replicates.")
RESAMPLED = gettext_noop("Poisson bootstrap over the rows, 1,000 replicates.")

FACTS = {
    "accuracy": MetricFacts(
        gettext_noop("Accuracy"),
        is_greater_better=True,
        needs=Needs.LABELS,
        kinds=ONE_CLASS,
        description=gettext_noop(
            "Share of rows whose most probable class is the right one."
        ),
        reading=gettext_noop(
            "Compare it with the share of the largest class, which a model that "
            "always says the same reaches."
        ),
        source="ISO/IEC TS 4213:2022 (machine learning classification performance)",
        interval=gettext_noop("Wilson's interval of a share."),
    ),
    "macro_f1": MetricFacts(
        gettext_noop("Macro F1"),
        is_greater_better=True,
        needs=Needs.LABELS,
        kinds=ONE_CLASS,
        description=gettext_noop(
            "Mean over classes of how well each is found; all count alike."
        ),
        reading=gettext_noop(
            "A rare class weighs as much as a common one, so a few of its rows "
            "move the number far."
        ),
        source="Opitz and Burst 2019, arXiv:1911.03347 (mean of the classes' F1)",
        interval=DRAWN,
    ),
    "balanced_accuracy": MetricFacts(
        gettext_noop("Balanced accuracy"),
        is_greater_better=True,
        needs=Needs.LABELS,
        kinds=ONE_CLASS,
        description=gettext_noop(
            "Mean over the true classes of the share found of each."
        ),
        reading=gettext_noop(
            "Always naming one of k classes scores 1/k, however common it is."
        ),
        source="Brodersen et al. 2010, doi:10.1109/ICPR.2010.764",
        interval=DRAWN,
    ),
    "mcc": MetricFacts(
        gettext_noop("Matthews correlation"),
        is_greater_better=True,
        needs=Needs.LABELS,
        kinds=ONE_CLASS,
        description=gettext_noop(
            "Correlation of predicted and true classes; 0 is chance."
        ),
        reading=gettext_noop(
            "High only if every class is both found and rarely claimed in error. "
            "Always the same answer counts as 0."
        ),
        source="Gorodkin 2004, doi:10.1016/j.compbiolchem.2004.09.006",
        least=-1.0,
        interval=DRAWN,
    ),
    "kappa": MetricFacts(
        gettext_noop("Cohen's kappa"),
        is_greater_better=True,
        needs=Needs.LABELS,
        kinds=ONE_CLASS,
        description=gettext_noop(
            "Agreement with the truth beyond what the class shares give."
        ),
        reading=gettext_noop(
            "1 is full agreement and 0 what chance gives with the same shares."
        ),
        source="Cohen 1960, doi:10.1177/001316446002000104",
        least=-1.0,
        interval=DRAWN,
    ),
    "log_loss": MetricFacts(
        gettext_noop("Log loss"),
        is_greater_better=False,
        needs=Needs.PROBABILITIES,
        kinds=ONE_CLASS,
        description=gettext_noop(
            "Mean surprise at the right class, in nats; sure and wrong costs."
        ),
        reading=gettext_noop(
            "Honest probabilities score best. Equal ones for k classes score "
            "ln k: 0.69 for two."
        ),
        source="Good 1952, doi:10.1111/j.2517-6161.1952.tb00104.x",
        most=None,
    ),
    "brier": MetricFacts(
        gettext_noop("Brier score"),
        is_greater_better=False,
        needs=Needs.PROBABILITIES,
        kinds=ONE_CLASS,
        description=gettext_noop(
            "Mean squared distance from stated probabilities to what happened."
        ),
        reading=gettext_noop(
            "Honest probabilities score best; one sure mistake costs at most 1 (2 "
            "with more than two classes), unlike with log loss."
        ),
        source="Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2",
        most=2.0,
    ),
    "ece": MetricFacts(
        gettext_noop("Calibration error"),
        is_greater_better=False,
        needs=Needs.PROBABILITIES,
        kinds=ONE_CLASS,
        description=gettext_noop(
            "How far stated confidence strays from how often it is right."
        ),
        reading=gettext_noop(
            "A useless model can be calibrated: read it beside another metric. "
            "Small test sets look worse than they are."
        ),
        source="Nguyen and O'Connor 2015, arXiv:1508.05154 (bins of equal mass)",
        interval=gettext_noop("Normal draws of the bins' gaps."),
    ),
    "auc": MetricFacts(
        gettext_noop("AUC"),
        is_greater_better=True,
        needs=Needs.PROBABILITIES,
        kinds=BOTH,
        description=gettext_noop(
            "Chance that a positive row is ranked above a negative one."
        ),
        reading=gettext_noop(
            "0.5 is chance. It says nothing of the probabilities themselves, and "
            "flatters where positives are rare."
        ),
        source="Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747",
        interval=gettext_noop("DeLong et al. 1988, doi:10.2307/2531595."),
    ),
    "average_precision": MetricFacts(
        gettext_noop("Average precision"),
        is_greater_better=True,
        needs=Needs.PROBABILITIES,
        kinds=BOTH,
        description=gettext_noop(
            "Area under precision against recall of the second class."
        ),
        reading=gettext_noop(
            "Chance scores the share of positives, so compare it with that."
        ),
        source="Davis and Goadrich 2006, doi:10.1145/1143844.1143874",
        interval=gettext_noop(
            "Logistic interval of Boyd et al. 2013, doi:10.1007/978-3-642-40994-3_29."
        ),
    ),
    "micro_f1": MetricFacts(
        gettext_noop("Micro F1"),
        is_greater_better=True,
        needs=Needs.LABEL_SETS,
        kinds=LABELS,
        description=gettext_noop(
            "F1 over all pairs of a row and a label, counted together."
        ),
        reading=gettext_noop(
            "Common labels decide it. Scores of 0.5 and more count as given."
        ),
        source="Tsoumakas et al. 2010, doi:10.1007/978-0-387-09823-4_34",
        interval=RESAMPLED,
    ),
    "label_f1": MetricFacts(
        gettext_noop("Macro F1 over labels"),
        is_greater_better=True,
        needs=Needs.LABEL_SETS,
        kinds=LABELS,
        description=gettext_noop(
            "Mean over labels of the F1 of each; rare ones count alike."
        ),
        reading=gettext_noop(
            "Labels that are neither true nor given anywhere are left out. Scores "
            "of 0.5 and more count as given."
        ),
        source="Tsoumakas et al. 2010, doi:10.1007/978-0-387-09823-4_34",
        interval=RESAMPLED,
    ),
    "hamming_loss": MetricFacts(
        gettext_noop("Hamming loss"),
        is_greater_better=False,
        needs=Needs.LABEL_SETS,
        kinds=LABELS,
        description=gettext_noop("Share of pairs of a row and a label that are wrong."),
        reading=gettext_noop(
            "With few labels a row, saying none at all scores well: read it beside "
            "an F1."
        ),
        source="Schapire and Singer 1999, doi:10.1023/A:1007614523901",
    ),
    "subset_accuracy": MetricFacts(
        gettext_noop("Exact match of labels"),
        is_greater_better=True,
        needs=Needs.LABEL_SETS,
        kinds=LABELS,
        description=gettext_noop("Share of rows whose whole set of labels is right."),
        reading=gettext_noop("Hard: one label too many or too few makes a row wrong."),
        source="Tsoumakas et al. 2010, doi:10.1007/978-0-387-09823-4_34",
        interval=gettext_noop("Wilson's interval of a share."),
    ),
    "lrap": MetricFacts(
        gettext_noop("Label ranking precision"),
        is_greater_better=True,
        needs=Needs.SCORES,
        kinds=LABELS,
        description=gettext_noop(
            "How far the true labels of each row stand above the false ones."
        ),
        reading=gettext_noop(
            "1 if in each row every true label scores above every false one. It "
            "needs no threshold."
        ),
        source="Schapire and Singer 2000, doi:10.1023/A:1007649029923",
    ),
    "label_auc": MetricFacts(
        gettext_noop("Mean AUC over labels"),
        is_greater_better=True,
        needs=Needs.SCORES,
        kinds=LABELS,
        description=gettext_noop(
            "Mean over labels of the chance that a row with it ranks higher."
        ),
        reading=gettext_noop(
            "0.5 is chance. Labels that all rows have, or none, are left out."
        ),
        source="Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747",
        interval=gettext_noop(
            "DeLong et al. 1988 for the labels together, doi:10.2307/2531595."
        ),
    ),
}
