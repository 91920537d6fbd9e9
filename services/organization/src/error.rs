//! Every rule of organization that can be broken, one variant each.

use kernel::{Kind, Refusal, RpcError};

/// A broken rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OrganizationError {
    /// There is a root already.
    #[error("a root organization exists already")]
    RootExists,
    /// The parent's external id is not known.
    #[error("the parent is not known")]
    ParentUnknown,
    /// The parent lies outside the organization of the request.
    #[error("the parent lies outside the organization of the import")]
    ParentOutside,
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
    /// The organization of a row is not known, or lies outside the request's.
    #[error("the organization is not known")]
    OrganizationUnknown,
    /// Two persons would hold one post at a time (S-201).
    #[error("two persons would hold one post")]
    PostHeldTwice,
    /// A slot that this domain does not have (S-108, S-109).
    #[error("the slot is not one of the domain")]
    SlotNotOfDomain,
    /// A fund line's balance would fall below zero (S-402).
    #[error("the balance would fall below zero")]
    FundOverdrawn,
    /// The role is not a word of the glossary, or is not given by assignment.
    #[error("the role cannot be assigned")]
    RoleNotAssignable,
    /// One person would hold two of the separated administrations (N-20).
    #[error("one person would hold two of the separated administrations")]
    AdministratorsNotSeparate,
}

impl From<OrganizationError> for Refusal {
    fn from(error: OrganizationError) -> Self {
        use OrganizationError as E;
        let (kind, reason, zh) = match error {
            E::RootExists => (Kind::Precondition, "ROOT_EXISTS", "根组织已经建立，不能再建。"),
            E::ParentUnknown => (
                Kind::Invalid,
                "PARENT_UNKNOWN",
                "找不到上级组织，请先导入上级或核对上级编号。",
            ),
            E::ParentOutside => (
                Kind::Invalid,
                "PARENT_OUTSIDE",
                "上级组织不在本次导入的范围内，请核对。",
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
                "撤销日期早于成立日期，请核对。",
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
            E::SlotNotOfDomain => (
                Kind::Invalid,
                "SLOT_NOT_OF_DOMAIN",
                "该领域没有这一席位，请核对席位类别。",
            ),
            E::FundOverdrawn => (Kind::Invalid, "FUND_OVERDRAWN", "支出超过余额，请核对经费收支。"),
            E::RoleNotAssignable => (
                Kind::Invalid,
                "ROLE_NOT_ASSIGNABLE",
                "没有这一职责，请从职责表中选择。",
            ),
            E::AdministratorsNotSeparate => (
                Kind::Precondition,
                "ADMINISTRATORS_NOT_SEPARATE",
                "安全管理员与审计管理员必须由不同的人担任，请另选一人。",
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
