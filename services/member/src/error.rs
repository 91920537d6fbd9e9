//! Every rule of member that can be broken, one variant each.

use kernel::{Kind, Refusal, RpcError};

/// A broken rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MemberError {
    /// The identity number's check character is wrong (N-02).
    #[error("the identity number does not check")]
    IdentityCheckDigit,
    /// The day of birth in the identity number does not exist or is not past (N-02).
    #[error("the identity number has no possible day of birth")]
    IdentityBirthDate,
    /// The sex is not the one of the identity number's 17th digit (N-02).
    #[error("not the sex of the identity number")]
    SexNotByIdentity,
    /// Admitted before the age of 18.
    #[error("admitted before the age of 18")]
    JoinedUnderAge,
    /// What is recorded as past lies on a day that has not come.
    #[error("the day has not come")]
    DayInFuture,
    /// Somebody else is known by this identity number.
    #[error("the identity number is somebody else's")]
    IdentityTaken,
    /// The branch is not known, or lies outside the organization of the request.
    #[error("the branch is not known here")]
    BranchUnknown,
    /// The organization is no branch.
    #[error("the organization is no branch")]
    BranchNotABranch,
    /// A temporary branch takes no relation and collects no dues.
    #[error("the branch is temporary")]
    TemporaryOrg,
    /// The same row stands twice in a chunk.
    #[error("the row stands twice")]
    RowRepeated,
    /// Another branch is the primary one on one of the days.
    #[error("another branch is primary on these days")]
    SecondPrimaryBranch,
    /// Full membership would begin before the admission.
    #[error("full membership before the admission")]
    FullBeforeJoined,
    /// A full member without the day since when.
    #[error("a full member without the day since when")]
    FullDayMissing,
    /// A probationary member with the day of full membership.
    #[error("a probationary member with the day of full membership")]
    FullDayOfProbationary,
    /// A last day without a first one.
    #[error("a last day without a first one")]
    StartMissing,
    /// In a branch before the admission.
    #[error("in a branch before the admission")]
    BranchBeforeJoined,
    /// The last day lies before the first.
    #[error("the last day lies before the first")]
    EndBeforeStart,
    /// The member is in that branch already.
    #[error("in that branch already")]
    AlreadyThere,
    /// Further ahead than a letter of introduction is valid.
    #[error("too far ahead")]
    TooFarAhead,
    /// Not a member on that day.
    #[error("not a member on that day")]
    BeforeJoining,
    /// The person is not known, or not in the branch then.
    #[error("the person is not known here")]
    PersonUnknown,
    /// The rules named were not in force on the day of the event.
    #[error("the rules were not in force")]
    RuleNotInForce,
    /// No step that a branch owes by a day under the rules named.
    #[error("no step that a branch owes")]
    StepNotOwed,
    /// The deadline is not that of the rule.
    #[error("the deadline is not that of the rule")]
    DeadlineNotByRule,
    /// A step before its event, or out of the order of the procedure.
    #[error("the step is out of order")]
    StepOutOfOrder,
    /// Done on a day that has not come.
    #[error("done in the future")]
    DoneInFuture,
    /// The step is known as another branch's.
    #[error("the step is another branch's")]
    StepOfAnotherBranch,
    /// The day is no first of a month.
    #[error("not the first of a month")]
    NotAMonth,
    /// A member stands twice on a sheet.
    #[error("a member stands twice on the sheet")]
    LineRepeated,
    /// The amount is not the one of the tier table.
    #[error("not the amount of the tier table")]
    DuesNotByTier,
    /// A payment without its day.
    #[error("a payment without its day")]
    PaidWithoutDay,
    /// A day of payment without a payment.
    #[error("a day of payment without a payment")]
    DayWithoutPayment,
    /// Paid more than a year before the month.
    #[error("paid more than a year ahead")]
    PaidTooEarly,
    /// The session stands in the ledger with other hours; hours count once.
    #[error("the session is counted already")]
    SessionCounted,
    /// Another import of the same persons was quicker.
    #[error("another write was quicker")]
    Outrun,
}

impl MemberError {
    /// The reason code, which never changes.
    #[must_use]
    pub fn reason(self) -> &'static str {
        self.told().1
    }

    /// Whether an error is this refusal.
    #[must_use]
    pub fn is(self, error: &RpcError) -> bool {
        error
            .refusal()
            .is_some_and(|refusal| refusal.reason == self.reason())
    }

    fn told(self) -> (Kind, &'static str, &'static str) {
        use Kind::{Conflict, Invalid, Precondition};
        match self {
            Self::IdentityCheckDigit => (
                Invalid,
                "IDENTITY_CHECK_DIGIT",
                "身份证号码校验位不符，请逐位核对。",
            ),
            Self::IdentityBirthDate => (
                Invalid,
                "IDENTITY_BIRTH_DATE",
                "身份证号码中的出生日期不存在或不在过去，请核对。",
            ),
            Self::SexNotByIdentity => (
                Invalid,
                "SEX_NOT_BY_IDENTITY",
                "性别与身份证号码第17位不符，请核对；确实不符的，性别填 9（未说明）。",
            ),
            Self::JoinedUnderAge => (
                Invalid,
                "JOINED_UNDER_AGE",
                "入党时未满18周岁，请核对入党日期和身份证号码。",
            ),
            Self::DayInFuture => (
                Invalid,
                "DAY_IN_FUTURE",
                "该日期还没有到，请在事情发生以后再登记，或者核对日期。",
            ),
            Self::IdentityTaken => (
                Invalid,
                "IDENTITY_TAKEN",
                "该身份证号码已登记在另一人名下或另一组织，请核对，或办理组织关系转接。",
            ),
            Self::BranchUnknown => (
                Invalid,
                "BRANCH_UNKNOWN",
                "找不到该党支部，或者不在本次办理的范围内，请核对编号。",
            ),
            Self::BranchNotABranch => (
                Invalid,
                "BRANCH_NOT_A_BRANCH",
                "党员只能编入党支部，请填写党支部的编号。",
            ),
            Self::TemporaryOrg => (
                Precondition,
                "TEMPORARY_ORG",
                "临时党支部不接收组织关系、不收缴党费，请改选正式党支部。",
            ),
            Self::RowRepeated => (Invalid, "ROW_REPEATED", "本行与前面的行重复，请删去一行。"),
            Self::SecondPrimaryBranch => (
                Invalid,
                "SECOND_PRIMARY_BRANCH",
                "该党员在这段时间已编入另一党支部；一名党员同时只能属于一个支部，请先办理转接。",
            ),
            Self::FullBeforeJoined => (Invalid, "FULL_BEFORE_JOINED", "转正日期早于入党日期，请核对。"),
            Self::FullDayMissing => (Invalid, "FULL_DAY_MISSING", "正式党员必须填写转正日期。"),
            Self::FullDayOfProbationary => (
                Invalid,
                "FULL_DAY_OF_PROBATIONARY",
                "预备党员没有转正日期，请留空；已经转正的，请填写为正式党员。",
            ),
            Self::StartMissing => (Invalid, "START_MISSING", "填写了结束日期，还须填写开始日期。"),
            Self::BranchBeforeJoined => (
                Invalid,
                "BRANCH_BEFORE_JOINED",
                "编入支部的日期早于入党日期，请核对。",
            ),
            Self::EndBeforeStart => (Invalid, "END_BEFORE_START", "结束日期早于开始日期，请核对。"),
            Self::AlreadyThere => (Precondition, "ALREADY_THERE", "该党员已在这个党支部，无需转接。"),
            Self::TooFarAhead => (
                Invalid,
                "TOO_FAR_AHEAD",
                "转接日期最多提前三个月办理（介绍信有效期），请改日再办或核对日期。",
            ),
            Self::BeforeJoining => (
                Precondition,
                "BEFORE_JOINING",
                "该日期尚未入党，不能转接组织关系，请核对日期。",
            ),
            Self::PersonUnknown => (
                Invalid,
                "PERSON_UNKNOWN",
                "找不到该党员，或者当时不在该支部，请核对编号。",
            ),
            Self::RuleNotInForce => (
                Invalid,
                "RULE_NOT_IN_FORCE",
                "起算日当天施行的不是该版细则，请填写当时有效的版本。",
            ),
            Self::StepNotOwed => (
                Invalid,
                "STEP_NOT_OWED",
                "该版细则没有规定支部须按期完成这一步，上级办理的步骤不在此填写，请核对。",
            ),
            Self::DeadlineNotByRule => (
                Invalid,
                "DEADLINE_NOT_BY_RULE",
                "期限与细则规定的时间不符，请按起算日推算。",
            ),
            Self::StepOutOfOrder => (
                Invalid,
                "STEP_OUT_OF_ORDER",
                "完成日期早于起算日，或者与同一发展对象的其他步骤前后颠倒，请核对。",
            ),
            Self::DoneInFuture => (Invalid, "DONE_IN_FUTURE", "完成日期还没有到，请核对。"),
            Self::StepOfAnotherBranch => (
                Invalid,
                "STEP_OF_ANOTHER_BRANCH",
                "该步骤已登记在另一党支部名下，请核对编号。",
            ),
            Self::NotAMonth => (Invalid, "NOT_A_MONTH", "请填写当月第一天，例如 2025-01-01。"),
            Self::LineRepeated => (
                Invalid,
                "LINE_REPEATED",
                "同一名党员在一张党费表上出现两次，请删去一行。",
            ),
            Self::DuesNotByTier => (
                Invalid,
                "DUES_NOT_BY_TIER",
                "应交党费与基数、比例不符，请按标准重新核定。",
            ),
            Self::PaidWithoutDay => (Invalid, "PAID_WITHOUT_DAY", "已交党费必须填写交纳日期。"),
            Self::DayWithoutPayment => (
                Invalid,
                "DAY_WITHOUT_PAYMENT",
                "填写了交纳日期，还须填写已交金额；尚未交纳的，日期留空。",
            ),
            Self::PaidTooEarly => (Invalid, "PAID_TOO_EARLY", "交纳日期早于当月一年以上，请核对。"),
            Self::SessionCounted => (
                Invalid,
                "SESSION_COUNTED",
                "这次培训已经计过学时且学时不同；同一次培训只计一次，请核对。",
            ),
            Self::Outrun => (
                Conflict,
                "OUTRUN",
                "同一批党员刚被另一项操作更新，请原样再提交一次。",
            ),
        }
    }
}

impl From<MemberError> for Refusal {
    fn from(error: MemberError) -> Self {
        let (kind, reason, zh) = error.told();
        Self::new(kind, reason, zh)
    }
}

impl From<MemberError> for RpcError {
    fn from(error: MemberError) -> Self {
        Self::Refused(error.into())
    }
}
