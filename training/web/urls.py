from django.urls import path, re_path

from training.web import (
    badges,
    boards,
    bundles,
    columns,
    contests,
    drafts,
    embedding,
    entering,
    federated,
    hosting,
    job_runs,
    jobs,
    leaderboards,
    metrics,
    news,
    operator,
    pages,
    phases,
    programs,
    purses,
    receipts,
    references,
    reports,
    serving,
    several,
    signature_drafts,
    sites,
    studio,
    subgroups,
    submissions,
    teams,
    uploads,
    usage,
)

app_name = "training"
urlpatterns = [
    path("settings/usage", usage.usage, name="usage"),
    path("settings/usage.csv", usage.usage_csv, name="usage-csv"),
    path("metrics", metrics.metric_list, name="metric-list"),
    path("model-reports/<uuid:report_id>", reports.report_detail, name="report"),
    path(
        "model-reports/<uuid:report_id>/report.pdf",
        reports.report_paper,
        name="report-paper",
    ),
    path(
        "model-reports/<uuid:report_id>/card.md",
        reports.report_card,
        name="report-card",
    ),
    re_path(
        r"^model-reports/(?P<report_id>[0-9a-f-]{36})/(?P<act>override|withdraw)$",
        reports.report_act,
        name="report-act",
    ),
    path(
        "models/<str:namespace>/<str:name>/checks",
        reports.model_checks,
        name="model-checks",
    ),
    path("studio", studio.project_list, name="studio-list"),
    path(
        "studio/new/<str:namespace>/<str:name>", studio.project_new, name="studio-new"
    ),
    path("studio/<uuid:project_id>", studio.project_detail, name="studio-project"),
    path(
        "studio/<uuid:project_id>/bundle.zip",
        studio.project_bundle,
        name="studio-bundle",
    ),
    path(
        "studio/<uuid:project_id>/answers/<int:place>.csv",
        studio.project_predictions,
        name="studio-predictions",
    ),
    re_path(
        r"^studio/(?P<project_id>[0-9a-f-]{36})/"
        r"(?P<act>pause|go-on|again|keep|test|report|watch|unwatch|discard)$",
        studio.project_act,
        name="studio-act",
    ),
    path("jobs", jobs.job_list, name="job-list"),
    path("jobs/new", jobs.job_new, name="job-new"),
    path("jobs/<uuid:job_id>", jobs.job_detail, name="job-detail"),
    path("jobs/<uuid:job_id>/edit", jobs.job_edit, name="job-edit"),
    path("jobs/<uuid:job_id>/source", jobs.job_source, name="job-source"),
    re_path(
        r"^jobs/(?P<job_id>[0-9a-f-]{36})/(?P<act>delete|pause|resume)$",
        jobs.job_act,
        name="job-act",
    ),
    path("jobs/<uuid:job_id>/runs/<int:number>", job_runs.run_detail, name="job-run"),
    path(
        "jobs/<uuid:job_id>/runs/<int:number>/events",
        job_runs.run_events,
        name="job-run-events",
    ),
    path(
        "jobs/<uuid:job_id>/runs/<int:number>/notebook",
        job_runs.run_notebook,
        name="job-run-notebook",
    ),
    path(
        "jobs/<uuid:job_id>/runs/<int:number>/files/<path:path>",
        job_runs.run_file,
        name="job-run-file",
    ),
    re_path(
        r"^jobs/(?P<job_id>[0-9a-f-]{36})/runs/(?P<number>[0-9]{1,9})"
        r"/(?P<step>cancel|again)$",
        job_runs.run_act,
        name="job-run-act",
    ),
    re_path(
        r"^jobs/(?P<job_id>[0-9a-f-]{36})/runs/(?P<number>[0-9]{1,9})"
        r"/(?P<part>notebook\.ipynb|log\.txt|files\.zip)$",
        job_runs.run_part,
        name="job-run-part",
    ),
    path("contests", contests.contest_list, name="contest-list"),
    path("contests/new", hosting.contest_choose, name="contest-choose"),
    path(
        "contests/new/<str:namespace>/<str:name>",
        hosting.contest_new,
        name="contest-new",
    ),
    path(
        "contests/new/<str:namespace>/<str:name>/draft",
        drafts.draft_begin,
        name="draft-begin",
    ),
    path(
        "contests/new/<str:namespace>/<str:name>/federated",
        federated.federated_new,
        name="federated-new",
    ),
    path(
        "contests/new/<str:namespace>/<str:name>/several",
        several.several_new,
        name="contest-new-several",
    ),
    path("contests/<slug:slug>/sites", federated.contest_sites, name="contest-sites"),
    path("contests/drafts/<uuid:draft_id>", drafts.draft_detail, name="contest-draft"),
    re_path(
        r"^contests/drafts/(?P<draft_id>[0-9a-f-]{36})/(?P<act>discard|again)$",
        drafts.draft_act,
        name="draft-act",
    ),
    path("contests/calendar", news.own_calendar, name="own-calendar"),
    path(
        "contests/calendar/<str:secret>.ics", news.calendar_feed, name="calendar-feed"
    ),
    path("contests/<slug:slug>", contests.contest_detail, name="contest-detail"),
    path("contests/<slug:slug>/join", entering.join, name="contest-join"),
    path(
        "contests/<slug:slug>/invited", entering.contest_invited, name="contest-invited"
    ),
    path(
        "contests/<slug:slug>/registration",
        entering.registration,
        name="contest-registration",
    ),
    path(
        "contests/<slug:slug>/entry-requests",
        entering.entry_requests,
        name="entry-requests",
    ),
    path("contests/<slug:slug>/invitations", entering.invitations, name="invitations"),
    path(
        "contests/<slug:slug>/invitations/<uuid:invitation_id>/revoke",
        entering.invitation_revoke,
        name="invitation-revoke",
    ),
    path("contests/<slug:slug>/entrants", entering.entrants, name="entrants"),
    path(
        "contests/<slug:slug>/announcements", news.announcements, name="announcements"
    ),
    path(
        "contests/<slug:slug>/calendar.ics",
        news.contest_calendar,
        name="contest-calendar",
    ),
    path(
        "contests/<slug:slug>/integrity",
        news.contest_integrity,
        name="contest-integrity",
    ),
    path("contests/<slug:slug>/clone", news.contest_clone, name="contest-clone"),
    path("contests/<slug:slug>/phases", phases.contest_phases, name="contest-phases"),
    path(
        "contests/<slug:slug>/phases/<int:number>", phases.phase_edit, name="phase-edit"
    ),
    path(
        "contests/<slug:slug>/phases/<int:number>/truth",
        phases.phase_truth,
        name="phase-truth",
    ),
    path(
        "contests/<slug:slug>/phases/<int:number>/final",
        phases.phase_final,
        name="phase-final",
    ),
    path(
        "contests/<slug:slug>/phases/<int:number>/leaderboard",
        phases.phase_board,
        name="phase-board",
    ),
    path(
        "contests/<slug:slug>/phases/<int:number>/remove",
        phases.phase_remove,
        name="phase-remove",
    ),
    path("contests/<slug:slug>/pages", pages.contest_pages, name="contest-pages"),
    path(
        "contests/<slug:slug>/pages/<slug:page>", pages.page_detail, name="page-detail"
    ),
    path(
        "contests/<slug:slug>/pages/<slug:page>/edit", pages.page_edit, name="page-edit"
    ),
    re_path(
        r"^contests/(?P<slug>[-a-z0-9]+)/pages/(?P<page>[-a-z0-9_]+)"
        r"/(?P<move>up|down|remove)$",
        pages.page_act,
        name="page-act",
    ),
    path("contests/<slug:slug>/kits", pages.contest_kits, name="contest-kits"),
    path("contests/<slug:slug>/kits/<uuid:kit_id>", pages.kit, name="kit"),
    path(
        "contests/<slug:slug>/kits/<uuid:kit_id>/remove",
        pages.kit_remove,
        name="kit-remove",
    ),
    path("contests/<slug:slug>/team", teams.team, name="team"),
    re_path(
        r"^contests/(?P<slug>[-a-z0-9]+)"
        r"/team/(?P<step>rename|invite|merge|captain|leave|withdraw)$",
        teams.team_act,
        name="team-act",
    ),
    re_path(
        r"^contests/(?P<slug>[-a-z0-9]+)/proposals/(?P<proposal_id>[-0-9a-f]{36})"
        r"/(?P<answer>accept|decline|withdraw)$",
        teams.proposal_answer,
        name="proposal-answer",
    ),
    path("contests/<slug:slug>/inputs", contests.inputs, name="contest-inputs"),
    path("contests/<slug:slug>/training", contests.training, name="contest-training"),
    path("contests/<slug:slug>/sample.csv", metrics.sample, name="contest-sample"),
    path(
        "contests/<slug:slug>/leaderboard", leaderboards.leaderboard, name="leaderboard"
    ),
    *(
        path(
            f"contests/<slug:slug>/leaderboard.{kind}",
            leaderboards.leaderboard_file,
            {"kind": kind},
            name=f"leaderboard-{kind}",
        )
        for kind in leaderboards.KINDS
    ),
    path(
        "contests/<slug:slug>/references",
        references.board_references,
        name="board-references",
    ),
    path(
        "contests/<slug:slug>/subgroups",
        subgroups.contest_subgroups,
        name="contest-subgroups",
    ),
    path("contests/<slug:slug>/columns", columns.board_columns, name="board-columns"),
    path("contests/<slug:slug>/charts", boards.board_charts, name="board-charts"),
    path("contests/<slug:slug>/badge.svg", badges.contest_badge, name="badge"),
    path("contests/<slug:slug>/editions", boards.edition_list, name="edition-list"),
    path(
        "contests/<slug:slug>/editions/<int:number>",
        boards.edition_detail,
        name="edition-detail",
    ),
    path("contests/<slug:slug>/submit", submissions.submit, name="submit"),
    path(
        "contests/<slug:slug>/submissions",
        submissions.contest_submissions,
        name="contest-submissions",
    ),
    path("contests/<slug:slug>/uploads", uploads.uploads, name="uploads"),
    path(
        "contests/<slug:slug>/uploads/<uuid:source_id>/give-up",
        uploads.give_up,
        name="upload-give-up",
    ),
    path("contests/<slug:slug>/host", hosting.contest_host, name="contest-host"),
    path("contests/<slug:slug>/edit", hosting.contest_edit, name="contest-edit"),
    path("contests/<slug:slug>/extend", hosting.contest_extend, name="contest-extend"),
    path("contests/<slug:slug>/baselines", hosting.baseline_new, name="baseline-new"),
    path("contests/<slug:slug>/rescore", hosting.rescore_new, name="rescore-new"),
    path("contests/<slug:slug>/bundle", bundles.bundle_export, name="contest-bundle"),
    path("contests/<slug:slug>/program", programs.program, name="contest-program"),
    path("contests/<slug:slug>/purse", purses.purse, name="contest-purse"),
    path("contests/<slug:slug>/purse/return", purses.purse_return, name="purse-return"),
    path("contests/<slug:slug>/disqualify", purses.disqualify, name="disqualify"),
    re_path(
        r"^contests/(?P<slug>[-a-z0-9]+)"
        r"/(?P<act>close|publish|drop|freeze|verify|reveal|release|surplus)$",
        hosting.contest_act,
        name="contest-act",
    ),
    path("contests/<slug:slug>/workers", sites.contest_workers, name="contest-workers"),
    path(
        "contests/<slug:slug>/workers/revoke",
        sites.worker_revoke,
        name="worker-revoke",
    ),
    path("submissions", submissions.own_submissions, name="submission-list"),
    path(
        "submissions/<uuid:submission_id>",
        submissions.submission_detail,
        name="submission-detail",
    ),
    path(
        "submissions/<uuid:submission_id>/withdraw",
        submissions.withdraw,
        name="submission-withdraw",
    ),
    path(
        "submissions/<uuid:submission_id>/cancel",
        submissions.cancel,
        name="submission-cancel",
    ),
    path(
        "submissions/<uuid:submission_id>/retry",
        submissions.retry,
        name="submission-retry",
    ),
    path(
        "submissions/<uuid:submission_id>/events",
        submissions.events,
        name="submission-events",
    ),
    path(
        "submissions/<uuid:submission_id>/scoring",
        programs.scoring,
        name="submission-scoring",
    ),
    path("imports", bundles.bundle_list, name="import-list"),
    path("imports/<uuid:import_id>", bundles.bundle_detail, name="import-detail"),
    path(
        "submissions/<uuid:submission_id>/receipt",
        receipts.submission_receipt,
        name="submission-receipt",
    ),
    path("receipts/verify", receipts.receipt_verify, name="receipt-verify"),
    path("runs/<uuid:run_id>", submissions.run_detail, name="run-detail"),
    path("runs/<uuid:run_id>/cancel", submissions.run_cancel, name="run-cancel"),
    path("models/<str:namespace>/<str:name>/try", serving.model_try, name="model-try"),
    path(
        "models/<str:namespace>/<str:name>/uses", serving.model_uses, name="model-uses"
    ),
    path(
        "models/<str:namespace>/<str:name>/signature",
        signature_drafts.model_signature,
        name="model-signature",
    ),
    path(
        "embed/<str:namespace>/<str:name>",
        embedding.model_embed,
        name="model-embed",
    ),
    path(
        "embed/<str:namespace>/<str:name>/<uuid:prediction_id>",
        embedding.embed_answer,
        name="embed-answer",
    ),
    path(
        "predictions/<uuid:prediction_id>",
        serving.prediction_detail,
        name="prediction",
    ),
    path("operator/workers", operator.workers, name="workers"),
    path("operator/lanes", operator.lanes, name="lanes"),
]
