from django.urls import path

from training.api import (
    boards,
    bundles,
    contests,
    drafts,
    entering,
    phases,
    programs,
    purses,
    receipts,
    runs,
    submissions,
    teams,
)

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
    path("contests/<slug:slug>/phases", phases.ContestPhases.as_view()),
    path(
        "contests/<slug:slug>/phases/<int:number>", phases.ContestPhaseDetail.as_view()
    ),
    path("contests/<slug:slug>/withdraw", entering.ContestWithdraw.as_view()),
    path("contests/<slug:slug>/registration", entering.ContestRegistration.as_view()),
    path("contests/<slug:slug>/entrants", entering.ContestEntrants.as_view()),
    path(
        "contests/<slug:slug>/entry-requests", entering.ContestEntryRequests.as_view()
    ),
    path(
        "contests/<slug:slug>/entry-requests/<str:name>",
        entering.ContestEntryDecision.as_view(),
    ),
    path("contests/<slug:slug>/invitations", entering.ContestInvitations.as_view()),
    path(
        "contests/<slug:slug>/invitations/<uuid:invitation_id>",
        entering.ContestInvitation.as_view(),
    ),
    path("contests/<slug:slug>/team", teams.ContestTeam.as_view()),
    path("contests/<slug:slug>/team/captain", teams.ContestTeamCaptain.as_view()),
    path("contests/<slug:slug>/team/leave", teams.ContestTeamLeave.as_view()),
    path("contests/<slug:slug>/proposals", teams.ContestTeamProposals.as_view()),
    path(
        "contests/<slug:slug>/proposals/<uuid:proposal_id>/accept",
        teams.TeamProposalAccept.as_view(),
    ),
    path(
        "contests/<slug:slug>/proposals/<uuid:proposal_id>/decline",
        teams.TeamProposalDecline.as_view(),
    ),
    path(
        "contests/<slug:slug>/proposals/<uuid:proposal_id>/withdraw",
        teams.TeamProposalWithdraw.as_view(),
    ),
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
    path("contests/<slug:slug>/program", programs.ContestProgram.as_view()),
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
    path(
        "submissions/<uuid:submission_id>/scoring",
        programs.SubmissionScoring.as_view(),
    ),
    path("imports", bundles.BundleImports.as_view()),
    path("imports/<uuid:import_id>", bundles.BundleImportDetail.as_view()),
    path(
        "submissions/<uuid:submission_id>/receipt",
        receipts.SubmissionReceipt.as_view(),
    ),
    path("receipts/verify", receipts.ReceiptVerify.as_view()),
    path("runs", runs.RunList.as_view()),
    path("runs/<uuid:run_id>", runs.RunDetail.as_view()),
    path("runs/<uuid:run_id>/cancel", runs.RunCancel.as_view()),
]
