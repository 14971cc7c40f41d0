"""What people do with contests: open, join, hand in, withdraw, score anew."""

from training.contests.services.announcing import (
    announce,
    drop_calendar_feed,
    make_calendar_feed,
)
from training.contests.services.bundles import MOST_BUNDLE_BYTES, take_bundle
from training.contests.services.carrying import carry_due, carry_into
from training.contests.services.catalogued import (
    Brought,
    catalogued_file,
    hand_in,
)
from training.contests.services.cloning import clone_contest
from training.contests.services.columns import choose_columns
from training.contests.services.drafting import (
    Choice,
    begin_draft,
    choose_cut,
    discard_draft,
    open_draft,
    try_draft_again,
)
from training.contests.services.entering import (
    add_baseline,
    keep_file,
    submit,
    withdraw,
)
from training.contests.services.exporting import export_contest
from training.contests.services.federating import (
    open_federated,
    restate_site,
    sites_told,
)
from training.contests.services.finishing import disqualify, freeze_board
from training.contests.services.formats import (
    MOST_BYTES,
    formats_taken,
    require_runnable,
    runnable_formats,
)
from training.contests.services.giving import inputs_for, training_for
from training.contests.services.hosting import (
    ContestPlan,
    close_contest,
    extend_contest,
    open_contest,
    update_contest,
)
from training.contests.services.inviting import (
    invite_people,
    make_link,
    revoke_invitation,
    set_registration,
)
from training.contests.services.kits import (
    add_kit,
    add_kit_file,
    kit_for,
    remove_kit,
)
from training.contests.services.pages import (
    add_page,
    change_page,
    move_page,
    remove_page,
)
from training.contests.services.phase_truths import (
    drop_phase_truth,
    name_final_phase,
    set_phase_truth,
)
from training.contests.services.phasing import (
    PhasePlan,
    add_phase,
    change_phase,
    remove_phase,
)
from training.contests.services.programs import (
    Named,
    ProgrammedPlan,
    ProgramPlan,
    TaskPlan,
    columns_of,
    open_programmed,
    replace_program,
)
from training.contests.services.proposals import (
    accept_proposal,
    decline_proposal,
    propose_merger,
    propose_to_person,
    withdraw_proposal,
)
from training.contests.services.purses import (
    release_purse,
    return_purse,
    return_surplus,
    state_purse,
)
from training.contests.services.referring import set_references
from training.contests.services.registering import (
    NotJoined,
    ask_to_enter,
    decide_entry,
    join_contest,
    withdraw_entry,
)
from training.contests.services.releasing import release_board, verify_board
from training.contests.services.repositories import (
    give_up_repository,
    use_repository,
)
from training.contests.services.rescoring import (
    drop_rescore,
    publish_rescore,
    rescore,
)
from training.contests.services.several import (
    ANSWERS_NAME,
    FILE_OF_TASK,
    packed_answers,
    require_by_task,
)
from training.contests.services.sites import (
    bring_site_worker,
    bring_worker,
    dismiss_worker,
    has_own_workers,
    workers_of,
)
from training.contests.services.standing import (
    cancel_submission,
    retry_submission,
    retryable,
)
from training.contests.services.subgrouping import drop_subgroups, name_subgroups
from training.contests.services.taking import take_commits
from training.contests.services.teams import (
    hand_over_team,
    leave_team,
    rename_team,
    team_of,
)

__all__ = [
    "ANSWERS_NAME",
    "FILE_OF_TASK",
    "MOST_BUNDLE_BYTES",
    "MOST_BYTES",
    "Brought",
    "Choice",
    "ContestPlan",
    "Named",
    "NotJoined",
    "PhasePlan",
    "ProgramPlan",
    "ProgrammedPlan",
    "TaskPlan",
    "accept_proposal",
    "add_baseline",
    "add_kit",
    "add_kit_file",
    "add_page",
    "add_phase",
    "announce",
    "ask_to_enter",
    "begin_draft",
    "bring_site_worker",
    "bring_worker",
    "cancel_submission",
    "carry_due",
    "carry_into",
    "catalogued_file",
    "change_page",
    "change_phase",
    "choose_columns",
    "choose_cut",
    "clone_contest",
    "close_contest",
    "columns_of",
    "decide_entry",
    "decline_proposal",
    "discard_draft",
    "dismiss_worker",
    "disqualify",
    "drop_calendar_feed",
    "drop_phase_truth",
    "drop_rescore",
    "drop_subgroups",
    "export_contest",
    "extend_contest",
    "formats_taken",
    "freeze_board",
    "give_up_repository",
    "hand_in",
    "hand_over_team",
    "has_own_workers",
    "inputs_for",
    "invite_people",
    "join_contest",
    "keep_file",
    "kit_for",
    "leave_team",
    "make_calendar_feed",
    "make_link",
    "move_page",
    "name_final_phase",
    "name_subgroups",
    "open_contest",
    "open_draft",
    "open_federated",
    "open_programmed",
    "packed_answers",
    "propose_merger",
    "propose_to_person",
    "publish_rescore",
    "release_board",
    "release_purse",
    "remove_kit",
    "remove_page",
    "remove_phase",
    "rename_team",
    "replace_program",
    "require_by_task",
    "require_runnable",
    "rescore",
    "restate_site",
    "retry_submission",
    "retryable",
    "return_purse",
    "return_surplus",
    "revoke_invitation",
    "runnable_formats",
    "set_phase_truth",
    "set_references",
    "set_registration",
    "sites_told",
    "state_purse",
    "submit",
    "take_bundle",
    "take_commits",
    "team_of",
    "training_for",
    "try_draft_again",
    "update_contest",
    "use_repository",
    "verify_board",
    "withdraw",
    "withdraw_entry",
    "withdraw_proposal",
    "workers_of",
]
