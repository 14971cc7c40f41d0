from django.urls import path

from training.api import boards, contests, drafts, purses, runs, submissions

urlpatterns = [
    path("contests", contests.ContestList.as_view()),
    path("contests/drafts", drafts.ContestDrafts.as_view()),
    path("contests/drafts/<uuid:draft_id>", drafts.ContestDraftDetail.as_view()),
    path("contests/drafts/<uuid:draft_id>/cut", drafts.ContestDraftCut.as_view()),
    path("contests/drafts/<uuid:draft_id>/again", drafts.ContestDraftAgain.as_view()),
    path("contests/drafts/<uuid:draft_id>/open", drafts.ContestDraftOpen.as_view()),
    path("contests/<slug:slug>", contests.ContestDetail.as_view()),
    path("contests/<slug:slug>/close", contests.ContestClose.as_view()),
    path("contests/<slug:slug>/extend", contests.ContestExtend.as_view()),
    path("contests/<slug:slug>/join", contests.ContestJoin.as_view()),
    path("contests/<slug:slug>/inputs", contests.ContestInputs.as_view()),
    path("contests/<slug:slug>/training", contests.ContestTraining.as_view()),
    path("contests/<slug:slug>/leaderboard", contests.Leaderboard.as_view()),
    path("contests/<slug:slug>/editions", boards.ContestEditions.as_view()),
    path("contests/<slug:slug>/editions/<int:number>", boards.ContestEdition.as_view()),
    path("contests/<slug:slug>/verify", boards.ContestVerify.as_view()),
    path("contests/<slug:slug>/release", boards.ContestRelease.as_view()),
    path("contests/<slug:slug>/freeze", purses.ContestFreeze.as_view()),
    path("contests/<slug:slug>/disqualify", purses.ContestDisqualify.as_view()),
    path("contests/<slug:slug>/purse", purses.ContestPurse.as_view()),
    path("contests/<slug:slug>/purse/release", purses.ContestPurseRelease.as_view()),
    path("contests/<slug:slug>/purse/return", purses.ContestPurseReturn.as_view()),
    path("contests/<slug:slug>/purse/surplus", purses.ContestPurseSurplus.as_view()),
    path("contests/<slug:slug>/rescore", contests.ContestRescore.as_view()),
    path(
        "contests/<slug:slug>/rescore/publish",
        contests.ContestRescorePublish.as_view(),
    ),
    path("contests/<slug:slug>/submissions", submissions.ContestSubmissions.as_view()),
    path("contests/<slug:slug>/baselines", submissions.ContestBaselines.as_view()),
    path("submissions/<uuid:submission_id>", submissions.SubmissionDetail.as_view()),
    path(
        "submissions/<uuid:submission_id>/withdraw",
        submissions.SubmissionWithdraw.as_view(),
    ),
    path(
        "submissions/<uuid:submission_id>/cancel",
        submissions.SubmissionCancel.as_view(),
    ),
    path(
        "submissions/<uuid:submission_id>/retry",
        submissions.SubmissionRetry.as_view(),
    ),
    path("lanes", runs.LaneList.as_view()),
    path("runs", runs.RunList.as_view()),
    path("runs/<uuid:run_id>", runs.RunDetail.as_view()),
    path("runs/<uuid:run_id>/cancel", runs.RunCancel.as_view()),
]
