//! Every rule of activity that can be broken, one variant each.

use kernel::{Kind, Refusal, RpcError};

/// A broken rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ActivityError {
    /// The organization is no branch.
    #[error("the organization is no branch")]
    BranchNotABranch,
    /// The row's branch is not known, or lies outside the import.
    #[error("the branch is not known")]
    BranchUnknown,
    /// The record is known at another branch.
    #[error("the record is known at another branch")]
    BranchChanged,
    /// The same external id stands in two rows of a chunk.
    #[error("the row stands twice")]
    RowRepeated,
    /// The branch did not exist on the day.
    #[error("the branch did not exist on the day")]
    DayOutsideExistence,
    /// Held on a day that has not come.
    #[error("held in the future")]
    HeldInFuture,
    /// Complete on a day that has not come.
    #[error("completed in the future")]
    CompletedInFuture,
    /// Complete before the meeting took place.
    #[error("completed before it was held")]
    CompletedBeforeHeld,
    /// Said to have been complete on another day than today.
    #[error("completed on another day than today")]
    CompletedNotToday,
    /// The year for which it counts is neither that of its day nor the one before.
    #[error("the year is not that of the meeting")]
    YearNotOfMeeting,
    /// A duty is named twice.
    #[error("a duty is named twice")]
    DutyTwice,
    /// The group is missing, or none of the branch on that day.
    #[error("the group is none of the branch")]
    GroupNotOfBranch,
    /// A group cannot fulfil a duty of the branch.
    #[error("a group cannot fulfil a duty of the branch")]
    DutyNotOfGroup,
    /// The committee's numbers cannot be.
    #[error("the committee's numbers cannot be")]
    VoteImpossible,
    /// Somebody is named twice among present and excused.
    #[error("more attendances than persons")]
    AttendanceOverRoll,
    /// Somebody named is not on the roll of that day.
    #[error("person number {index} is not on the roll")]
    PersonNotOnRoll {
        /// His place in the list of those present, then of those on leave, from 0.
        index: usize,
    },
    /// The record is complete already.
    #[error("the record is complete already")]
    AlreadyComplete,
    /// The meeting is annulled already.
    #[error("the meeting is annulled already")]
    AlreadyAnnulled,
    /// The row carries no record.
    #[error("the row carries no record")]
    RecordMissing,
    /// Done on a day that has not come.
    #[error("done in the future")]
    DoneInFuture,
    /// Raised on a day that has not come.
    #[error("raised in the future")]
    RaisedInFuture,
    /// Due before it was raised.
    #[error("due before it was raised")]
    DueBeforeRaised,
    /// Done before it was raised.
    #[error("done before it was raised")]
    DoneBeforeRaised,
    /// More grades than members who are graded.
    #[error("more grades than members")]
    GradedOverMembers,
    /// More than a third excellent.
    #[error("more than a third excellent")]
    ExcellentOverThird,
    /// Fewer graded than members, and no decision that left the others out.
    #[error("members are left out of the grading without a decision")]
    LeftOutWithoutDecision,
    /// A goal of a plan that the superior confirmed is changed.
    #[error("the plan is confirmed")]
    PlanConfirmed,
    /// A plan without its hash or its day, or confirmed on a day that has not come.
    #[error("the plan is incomplete")]
    PlanIncomplete,
    /// A span ends before it begins.
    #[error("it ends before it begins")]
    EndBeforeStart,
    /// A training format that is none of the three.
    #[error("the training format is not known")]
    FormatUnknown,
}

impl From<ActivityError> for Refusal {
    fn from(error: ActivityError) -> Self {
        let (kind, reason, zh) = text(error);
        let refusal = Refusal::new(kind, reason, zh);
        match error {
            ActivityError::PersonNotOnRoll { index } => refusal.with("index", index),
            _ => refusal,
        }
    }
}

fn text(error: ActivityError) -> (Kind, &'static str, &'static str) {
    use ActivityError as E;
    use Kind::{Invalid, Precondition};
    match error {
        E::BranchNotABranch => (Invalid, "BRANCH_NOT_A_BRANCH", "该组织不是党支部，请选择党支部。"),
        E::BranchUnknown => (
            Invalid,
            "BRANCH_UNKNOWN",
            "找不到该党支部，或者不在本次导入的范围内，请核对编号。",
        ),
        E::BranchChanged => (
            Invalid,
            "BRANCH_CHANGED",
            "该记录已登记在另一党支部，不能改换支部，请核对编号。",
        ),
        E::RowRepeated => (Invalid, "ROW_REPEATED", "本行与前面的行重复，请删去一行。"),
        E::DayOutsideExistence => (
            Invalid,
            "DAY_OUTSIDE_EXISTENCE",
            "当天该党支部尚未成立或已撤销，请核对日期。",
        ),
        E::HeldInFuture => (Invalid, "HELD_IN_FUTURE", "日期还没有到，请在召开之后再登记。"),
        E::CompletedInFuture => (Invalid, "COMPLETED_IN_FUTURE", "记录完成日期还没有到，请核对。"),
        E::CompletedBeforeHeld => (
            Invalid,
            "COMPLETED_BEFORE_HELD",
            "记录完成日期早于召开日期，请核对。",
        ),
        E::CompletedNotToday => (
            Invalid,
            "COMPLETED_NOT_TODAY",
            "记录完成日期只能填今天；尚未完成的请留空，完成当天再确认。以往的会议请由组织部门导入。",
        ),
        E::YearNotOfMeeting => (
            Invalid,
            "YEAR_NOT_OF_MEETING",
            "所属年度只能是召开当年或上一年，请核对。",
        ),
        E::DutyTwice => (Invalid, "DUTY_TWICE", "同一项组织生活只能列一次，请删去重复的。"),
        E::GroupNotOfBranch => (
            Invalid,
            "GROUP_NOT_OF_BRANCH",
            "党小组会请选择当天属于本支部的党小组。",
        ),
        E::DutyNotOfGroup => (
            Invalid,
            "DUTY_NOT_OF_GROUP",
            "党小组会只能列党小组会和理论学习，其他请按支部的会议登记。",
        ),
        E::VoteImpossible => (
            Invalid,
            "VOTE_IMPOSSIBLE",
            "支委应到、实到人数不合理：支委会须填应到，实到不能多于应到；其他会议不填。",
        ),
        E::AttendanceOverRoll => (
            Invalid,
            "ATTENDANCE_OVER_ROLL",
            "到会与请假名单中有人重复，人次多于人数，请核对。",
        ),
        E::PersonNotOnRoll { .. } => (
            Invalid,
            "PERSON_NOT_ON_ROLL",
            "名单中有人当天不是本支部党员，请核对；列席人员请填列席人数。",
        ),
        E::AlreadyComplete => (
            Precondition,
            "ALREADY_COMPLETE",
            "该会议记录已经完成，无需重复确认。",
        ),
        E::AlreadyAnnulled => (Precondition, "ALREADY_ANNULLED", "该会议已经作废，不能再办理。"),
        E::RecordMissing => (Invalid, "RECORD_MISSING", "本行没有填写记录内容。"),
        E::DoneInFuture => (Invalid, "DONE_IN_FUTURE", "完成日期还没有到，请核对。"),
        E::RaisedInFuture => (Invalid, "RAISED_IN_FUTURE", "提出日期还没有到，请核对。"),
        E::DueBeforeRaised => (Invalid, "DUE_BEFORE_RAISED", "期限早于提出日期，请核对。"),
        E::DoneBeforeRaised => (Invalid, "DONE_BEFORE_RAISED", "完成日期早于提出日期，请核对。"),
        E::GradedOverMembers => (
            Invalid,
            "GRADED_OVER_MEMBERS",
            "评定人数多于应评的正式党员，预备党员不评定等次，请核对。",
        ),
        E::ExcellentOverThird => (
            Invalid,
            "EXCELLENT_OVER_THIRD",
            "评为优秀的不得超过党员人数的三分之一，请核对。",
        ),
        E::LeftOutWithoutDecision => (
            Invalid,
            "LEFT_OUT_WITHOUT_DECISION",
            "应评人数少于正式党员人数，请逐人填写不参加评定的决定编号。",
        ),
        E::PlanConfirmed => (
            Invalid,
            "PLAN_CONFIRMED",
            "该目标所在的年度计划已经上级确认，目标和期限不能再改，请按原样填写。",
        ),
        E::PlanIncomplete => (
            Invalid,
            "PLAN_INCOMPLETE",
            "计划文本摘要和上级确认日期要一并填写，确认日期不能晚于今天，请核对。",
        ),
        E::EndBeforeStart => (Invalid, "END_BEFORE_START", "结束日期早于开始日期，请核对。"),
        E::FormatUnknown => (
            Invalid,
            "FORMAT_UNKNOWN",
            "培训形式只有讲座、实操、讨论三种，请从中选择。",
        ),
    }
}

impl From<ActivityError> for RpcError {
    fn from(error: ActivityError) -> Self {
        Self::Refused(error.into())
    }
}
