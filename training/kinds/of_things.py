"""Metrics of pictures, texts and speech."""

from training.kinds.facts import Kind, MetricFacts, Needs
from training.marked import gettext_noop

MASKS = (Kind.SEGMENTATION,)
BOXES = (Kind.DETECTION,)
TEXTS = (Kind.TEXT,)
SPEECH = (Kind.SPEECH,)
PICTURES = gettext_noop("Poisson bootstrap over the pictures, 1,000 replicates.")
FEWER = gettext_noop("Poisson bootstrap over the pictures, 200 replicates.")
SEGMENTS = gettext_noop("Poisson bootstrap over the texts, 1,000 replicates.")
RATIO = gettext_noop("Delta method for a ratio of means.")
COCO = "Lin et al. 2014 (COCO), arXiv:1405.0312; pycocotools' evaluation"

FACTS = {
    "dice": MetricFacts(
        gettext_noop("Dice"),
        is_greater_better=True,
        needs=Needs.MASKS,
        kinds=MASKS,
        description=gettext_noop(
            "Twice the overlap over both areas, the mean over pictures' masks."
        ),
        reading=gettext_noop(
            "Every class of a picture counts alike, small or large. A class that "
            "is in neither the truth nor the answer is left out."
        ),
        source="Dice 1945, doi:10.2307/1932409",
        interval=gettext_noop("Mean over the pictures and its standard error."),
    ),
    "miou": MetricFacts(
        gettext_noop("Mean IoU"),
        is_greater_better=True,
        needs=Needs.MASKS,
        kinds=MASKS,
        description=gettext_noop(
            "Overlap over union of all pictures' pixels, the mean of classes."
        ),
        reading=gettext_noop("Large pictures and objects weigh more than small ones."),
        source="Everingham et al. 2010 (VOC), doi:10.1007/s11263-009-0275-4",
        interval=PICTURES,
    ),
    "coco_map": MetricFacts(
        gettext_noop("mAP"),
        is_greater_better=True,
        needs=Needs.BOXES,
        kinds=BOXES,
        description=gettext_noop(
            "Average precision over classes and overlaps of 0.50 to 0.95."
        ),
        reading=gettext_noop(
            "Exact boxes count: a box that overlaps by 0.5 counts at one of ten "
            "thresholds."
        ),
        source=COCO,
        interval=FEWER,
    ),
    "coco_map50": MetricFacts(
        gettext_noop("mAP at 0.50"),
        is_greater_better=True,
        needs=Needs.BOXES,
        kinds=BOXES,
        description=gettext_noop(
            "Average precision over classes; an overlap of 0.5 is a hit."
        ),
        reading=gettext_noop("Lenient on where exactly the box is."),
        source=COCO,
        interval=FEWER,
    ),
    "coco_map75": MetricFacts(
        gettext_noop("mAP at 0.75"),
        is_greater_better=True,
        needs=Needs.BOXES,
        kinds=BOXES,
        description=gettext_noop(
            "Average precision over classes; an overlap of 0.75 is a hit."
        ),
        reading=gettext_noop("Strict on where exactly the box is."),
        source=COCO,
        interval=FEWER,
    ),
    "chrf": MetricFacts(
        gettext_noop("chrF"),
        is_greater_better=True,
        needs=Needs.TEXTS,
        kinds=TEXTS,
        description=gettext_noop(
            "F-score of shared runs of 1 to 6 letters; recall counts double."
        ),
        reading=gettext_noop(
            "Of 100. Follows people's judgement better than BLEU, in all languages, "
            "as it needs no words."
        ),
        source="Popović 2015, doi:10.18653/v1/W15-3049; sacreBLEU chrF2",
        most=100.0,
        interval=SEGMENTS,
    ),
    "bleu": MetricFacts(
        gettext_noop("BLEU"),
        is_greater_better=True,
        needs=Needs.TEXTS,
        kinds=TEXTS,
        description=gettext_noop(
            "Share of shared runs of 1 to 4 words, less where texts are short."
        ),
        reading=gettext_noop(
            "Of 100. Compare it within one data set only; it is of the whole set "
            "and not a mean of rows."
        ),
        source="Papineni et al. 2002, doi:10.3115/1073083.1073135; sacreBLEU 13a, exp",
        most=100.0,
        interval=SEGMENTS,
    ),
    "rouge_l": MetricFacts(
        gettext_noop("ROUGE-L"),
        is_greater_better=True,
        needs=Needs.TEXTS,
        kinds=TEXTS,
        description=gettext_noop(
            "F1 of the longest run of words in common order, mean of rows."
        ),
        reading=gettext_noop(
            "Made for summaries. Words are runs of letters and digits, in small "
            "letters."
        ),
        source="Lin 2004, ACL W04-1013",
    ),
    "exact_match": MetricFacts(
        gettext_noop("Exact match"),
        is_greater_better=True,
        needs=Needs.TEXTS,
        kinds=TEXTS,
        description=gettext_noop(
            "Share of texts that are the reference, white space apart."
        ),
        reading=gettext_noop(
            "For short answers; a right answer in other words counts as wrong."
        ),
        source="Rajpurkar et al. 2016 (SQuAD), arXiv:1606.05250, not normalised",
        interval=gettext_noop("Wilson's interval of a share."),
    ),
    "wer": MetricFacts(
        gettext_noop("Word error rate"),
        is_greater_better=False,
        needs=Needs.TEXTS,
        kinds=SPEECH,
        description=gettext_noop(
            "Words put in, left out or changed, for each word of the truth."
        ),
        reading=gettext_noop(
            "Above 1 is possible. Case and punctuation count unless both files "
            "leave them out."
        ),
        source="Morris et al. 2004, doi:10.21437/Interspeech.2004-668; jiwer",
        most=None,
        interval=RATIO,
    ),
    "cer": MetricFacts(
        gettext_noop("Character error rate"),
        is_greater_better=False,
        needs=Needs.TEXTS,
        kinds=SPEECH,
        description=gettext_noop(
            "Letters put in, left out or changed, for each letter of the truth."
        ),
        reading=gettext_noop(
            "Above 1 is possible. For languages that do not part words."
        ),
        source="Morris et al. 2004, doi:10.21437/Interspeech.2004-668; jiwer",
        most=None,
        interval=RATIO,
    ),
}
