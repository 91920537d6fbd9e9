//! Kinds of Party organizations and the levels of local committees.

use serde::{Deserialize, Serialize};

/// Kind of a Party organization (domain.md traps 2 and 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganizationKind {
    /// 地方党委
    LocalCommittee,
    /// 基层党委
    Committee,
    /// 党总支
    GeneralBranch,
    /// 党支部
    Branch,
    /// 联合党支部
    JointBranch,
    /// 临时党支部
    TemporaryBranch,
    /// 流动党员党支部
    MobileBranch,
    /// 功能型党支部
    FunctionalBranch,
    /// 党小组
    PartyGroup,
    /// 党组
    LeadingGroup,
    /// 工作委员会
    WorkCommittee,
}

impl OrganizationKind {
    /// The Chinese name.
    #[must_use]
    pub fn name_zh(self) -> &'static str {
        match self {
            Self::LocalCommittee => "地方党委",
            Self::Committee => "基层党委",
            Self::GeneralBranch => "党总支",
            Self::Branch => "党支部",
            Self::JointBranch => "联合党支部",
            Self::TemporaryBranch => "临时党支部",
            Self::MobileBranch => "流动党员党支部",
            Self::FunctionalBranch => "功能型党支部",
            Self::PartyGroup => "党小组",
            Self::LeadingGroup => "党组",
            Self::WorkCommittee => "工作委员会",
        }
    }

    /// Whether members belong to it: a branch of whatever kind.
    #[must_use]
    pub fn is_branch(self) -> bool {
        use OrganizationKind::{Branch, FunctionalBranch, JointBranch, MobileBranch, TemporaryBranch};
        matches!(
            self,
            Branch | JointBranch | TemporaryBranch | MobileBranch | FunctionalBranch
        )
    }

    /// Whether it is rated: temporary, mobile and functional branches are not (domain.md trap 3).
    #[must_use]
    pub fn is_rated(self) -> bool {
        matches!(self, Self::Branch | Self::JointBranch)
    }

    /// Whether it may approve for organizations below: 党总支 examines only, 党组 is none of them.
    #[must_use]
    pub fn approves(self) -> bool {
        matches!(self, Self::LocalCommittee | Self::Committee | Self::WorkCommittee)
    }
}

/// Level of a local committee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// 省
    Province,
    /// 市
    City,
    /// 县
    County,
}
