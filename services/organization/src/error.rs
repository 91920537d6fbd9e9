//! Every rule of organization that can be broken, one variant each.

use kernel::{Kind, Refusal, RpcError};

/// A broken rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OrganizationError {
    /// There is a root already.
    #[error("a root organization exists already")]
    RootExists,
    /// The parent's external id is not known, or the parent lies outside the organization of the import.
    #[error("the parent is not known here")]
    ParentUnknown,
    /// The organization is known below another parent: moving it is a procedure (org_change).
    #[error("the organization is known below another parent")]
    ParentChanged,
    /// The same external id stands in two rows of a chunk.
    #[error("the row stands twice")]
    RowRepeated,
    /// A child would exist when its parent does not.
    #[error("a child would outlive its parent")]
    ChildOutlivesParent,
    /// A branch without a domain.
    #[error("a branch needs a domain")]
    DomainMissing,
    /// A domain on something that is no branch.
    #[error("only a branch has a domain")]
    DomainNotApplicable,
    /// This kind cannot stand there.
    #[error("this kind cannot stand there")]
    KindNotAllowedHere,
    /// The last day lies before the first.
    #[error("the last day lies before the first")]
    EndBeforeStart,
    /// What is recorded as past lies on a day that has not come.
    #[error("the day has not come")]
    DayInFuture,
    /// A standard of a year further ahead than the next one.
    #[error("a year too far ahead")]
    YearOutOfReach,
    /// A movement of nothing.
    #[error("a movement of nothing")]
    AmountZero,
    /// An extension of more than a year.
    #[error("an extension of more than a year")]
    ExtensionTooLong,
    /// The organization of a row is not known, or lies outside the request's.
    #[error("the organization is not known")]
    OrganizationUnknown,
    /// Two persons would hold one post at a time (S-201).
    #[error("two persons would hold one post")]
    PostHeldTwice,
    /// A post that this kind of organization does not have.
    #[error("the post is not one of this kind of organization")]
    OfficeNotOfKind,
    /// A slot that this domain does not have (S-108, S-109).
    #[error("the slot is not one of the domain")]
    SlotNotOfDomain,
    /// A fund line's balance would fall below zero (S-402).
    #[error("the balance would fall below zero")]
    FundOverdrawn,
    /// The root has no parent to be moved from.
    #[error("the root stays where it is")]
    RootStays,
    /// The organization named as the new parent is not known.
    #[error("the new parent is not known")]
    TargetUnknown,
    /// The organization or its new parent does not exist on the day.
    #[error("one of both does not exist on the day")]
    NotInExistence,
    /// An organization would stand below itself.
    #[error("it would stand below itself")]
    MovedBelowItself,
    /// The organization stands there already.
    #[error("it stands there already")]
    AlreadyThere,
    /// A move would take effect on another day than today.
    #[error("a move takes effect today")]
    EffectiveNotToday,
    /// A kind of change that has no effect here yet.
    #[error("this kind of change is not offered")]
    ChangeNotOffered,
    /// A change is about the organization that keeps its case.
    #[error("the change is about another organization than the case")]
    SubjectElsewhere,
    /// An organization that was moved is said to be founded on another day.
    #[error("the day of founding of an organization that was moved")]
    FoundingFixed,
    /// The record with this id elsewhere belongs to another organization.
    #[error("the record belongs to another organization")]
    RecordElsewhere,
    /// An extension of a term without its approval.
    #[error("the extension is not approved")]
    ExtensionNotApproved,
    /// A term of more than five years.
    #[error("a term of more than five years")]
    TermTooLong,
    /// A fund line would have two standards for one year (S-402).
    #[error("the line has a standard for the year")]
    StandardSetTwice,
    /// A governance slot would have two holders (S-108).
    #[error("two bodies would hold one slot")]
    SlotHeldTwice,
    /// Who administers security or audit would hold another role (N-20).
    #[error("an administrator would hold another role")]
    AdministratorsNotSeparate,
    /// Somebody would give a role to himself (N-20).
    #[error("somebody would give a role to himself")]
    RoleToSelf,
}

impl From<OrganizationError> for Refusal {
    fn from(error: OrganizationError) -> Self {
        use OrganizationError as E;
        let (kind, reason, zh) = match error {
            E::RootExists => (Kind::Precondition, "ROOT_EXISTS", "根组织已经建立，不能再建。"),
            E::ParentUnknown => (
                Kind::Invalid,
                "PARENT_UNKNOWN",
                "找不到上级组织，或不在本次导入的范围内，请先导入上级或核对上级编号。",
            ),
            E::ParentChanged => (
                Kind::Invalid,
                "PARENT_CHANGED",
                "该组织已在另一上级之下。调整隶属关系请走设置变更程序，不能用导入代替。",
            ),
            E::RowRepeated => (Kind::Invalid, "ROW_REPEATED", "本行与前面的行重复，请删去一行。"),
            E::ChildOutlivesParent => (
                Kind::Invalid,
                "CHILD_OUTLIVES_PARENT",
                "下级的存续时间超出上级，请核对成立、撤销日期。",
            ),
            E::DomainMissing => (Kind::Invalid, "DOMAIN_MISSING", "党支部必须填写所属领域。"),
            E::DomainNotApplicable => (
                Kind::Invalid,
                "DOMAIN_NOT_APPLICABLE",
                "只有党支部填写所属领域，请删去。",
            ),
            E::KindNotAllowedHere => (
                Kind::Invalid,
                "KIND_NOT_ALLOWED_HERE",
                "此类组织不能设在该上级之下，请核对类别与上级。",
            ),
            E::EndBeforeStart => (
                Kind::Invalid,
                "END_BEFORE_START",
                "结束日期早于开始日期，请核对。",
            ),
            E::DayInFuture => (
                Kind::Invalid,
                "DAY_IN_FUTURE",
                "该日期还没有到，请在事情发生以后再登记，或者核对日期。",
            ),
            E::YearOutOfReach => (
                Kind::Invalid,
                "YEAR_OUT_OF_REACH",
                "经费标准最多提前登记到下一年，请核对年度。",
            ),
            E::AmountZero => (
                Kind::Invalid,
                "AMOUNT_ZERO",
                "收支金额不能为零，请填写金额：拨入为正，支出为负。",
            ),
            E::ExtensionTooLong => (
                Kind::Invalid,
                "EXTENSION_TOO_LONG",
                "延期换届最长一年，请核对批准延至日期。",
            ),
            E::OrganizationUnknown => (
                Kind::Invalid,
                "ORGANIZATION_UNKNOWN",
                "找不到该组织，或不在本次导入的范围内，请核对编号。",
            ),
            E::PostHeldTwice => (
                Kind::Invalid,
                "POST_HELD_TWICE",
                "同一职务同一时间只能由一人担任，请先办理前任免职。",
            ),
            E::OfficeNotOfKind => (
                Kind::Invalid,
                "OFFICE_NOT_OF_KIND",
                "党小组只设组长，组长也只设在党小组，请核对职务或组织。",
            ),
            E::SlotNotOfDomain => (
                Kind::Invalid,
                "SLOT_NOT_OF_DOMAIN",
                "该领域没有这一席位，请核对席位类别。",
            ),
            E::FundOverdrawn => (Kind::Invalid, "FUND_OVERDRAWN", "支出超过余额，请核对经费收支。"),
            E::RootStays => (
                Kind::Precondition,
                "ROOT_STAYS",
                "根组织没有上级，不能调整隶属，请核对要调整的组织。",
            ),
            E::TargetUnknown => (
                Kind::Precondition,
                "TARGET_UNKNOWN",
                "找不到新上级组织，请核对编号。",
            ),
            E::NotInExistence => (
                Kind::Precondition,
                "NOT_IN_EXISTENCE",
                "该组织或新上级已经撤销或尚未成立，请另选新上级。",
            ),
            E::MovedBelowItself => (
                Kind::Precondition,
                "MOVED_BELOW_ITSELF",
                "新上级就是该组织本身或在它之下，请另选新上级。",
            ),
            E::AlreadyThere => (
                Kind::Precondition,
                "ALREADY_THERE",
                "该组织已在这一上级之下，无须调整。",
            ),
            E::EffectiveNotToday => (
                Kind::Precondition,
                "EFFECTIVE_NOT_TODAY",
                "调整隶属自办理当天起生效，请把生效日期填为今天，或到生效那天再办。",
            ),
            E::ChangeNotOffered => (
                Kind::Unimplemented,
                "CHANGE_NOT_OFFERED",
                "目前只办理调整隶属，这类设置变更请按原渠道办理。",
            ),
            E::SubjectElsewhere => (
                Kind::Invalid,
                "SUBJECT_ELSEWHERE",
                "设置变更须由该组织本身立案，请把案由组织与立案组织填为同一组织。",
            ),
            E::FoundingFixed => (
                Kind::Invalid,
                "FOUNDING_FIXED",
                "该组织调整过隶属、名称或类别，成立日期不能再用导入更改，请核对。",
            ),
            E::ExtensionNotApproved => (
                Kind::Invalid,
                "EXTENSION_NOT_APPROVED",
                "延期换届须经批准，请填写批准文号。",
            ),
            E::RecordElsewhere => (
                Kind::Invalid,
                "RECORD_ELSEWHERE",
                "这一编号已用于另一组织的记录，请核对编号或所属组织。",
            ),
            E::TermTooLong => (
                Kind::Invalid,
                "TERM_TOO_LONG",
                "任期最长五年，请核对任期起止日期；延期另填批准延至日期。",
            ),
            E::StandardSetTwice => (
                Kind::Invalid,
                "STANDARD_SET_TWICE",
                "这一经费项目当年已有标准，请改原有记录，不要另加一条。",
            ),
            E::SlotHeldTwice => (
                Kind::Invalid,
                "SLOT_HELD_TWICE",
                "这一席位同一时间只能有一个组织，请先填写前一组织的截止日期。",
            ),
            E::AdministratorsNotSeparate => (
                Kind::Precondition,
                "ADMINISTRATORS_NOT_SEPARATE",
                "安全管理员、审计管理员必须由专人担任，不得兼任其他职责，请另选一人。",
            ),
            E::RoleToSelf => (
                Kind::Precondition,
                "ROLE_TO_SELF",
                "不能给自己授予职责，请由另一名安全管理员办理。",
            ),
        };
        Refusal::new(kind, reason, zh)
    }
}

impl From<OrganizationError> for RpcError {
    fn from(error: OrganizationError) -> Self {
        Self::Refused(error.into())
    }
}
