//! Roles and relations (the tables `[role]` and `[relation]` of processes.toml), the only words in which a right is
//! written: `role@relation`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$item:meta])* $variant:ident $code:literal $zh:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$item])* $variant,)* }

        impl $name {
            /// Every value, in the order of its table in processes.toml.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The word as it stands in policies, procedures and messages.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $($name::$variant => $code,)* }
            }

            /// The Chinese name.
            #[must_use]
            pub fn name_zh(self) -> &'static str {
                match self { $($name::$variant => $zh,)* }
            }

            /// The value with this word.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some($name::$variant),)* _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.code())
            }
        }
    };
}

words! {
    /// What somebody is at an organization.
    Role {
        /// The person concerned.
        Person "person" "本人";
        /// Clerk: at a branch secretary, deputy or organization member, at a committee organiser or member.
        Clerk "clerk" "经办人";
        /// Secretary.
        Secretary "secretary" "书记";
        /// Clerk of an organization department.
        OrgDept "org_dept" "组织部门经办人";
        /// Head of an organization department.
        OrgDeptLead "org_dept_lead" "组织部门负责人";
        /// Clerk of another department: discipline, law, civil affairs.
        Department "department" "有关部门经办人";
        /// Inspector.
        Inspector "inspector" "检查人员";
        /// Keeper of a resource library.
        Library "library" "资源库管理员";
        /// Security administrator (N-20).
        Security "security" "安全管理员";
        /// Audit administrator (N-20).
        Auditor "auditor" "审计管理员";
        /// Anyone.
        Anyone "anyone" "党员群众";
        /// Timers and events.
        System "system" "系统";
        /// Another system, such as the provincial cloud.
        Peer "peer" "对接系统";
    }
}

words! {
    /// How the organization at which the role is held stands to the organization of the case or record.
    Relation {
        /// The person concerned.
        SelfPerson "self" "本人";
        /// The organization itself.
        Own "own" "自身";
        /// Direct parent, a general branch included.
        Parent "parent" "直接上级";
        /// Nearest committee above with power to approve; general branches and party groups are passed over.
        Superior "superior" "有权审批的上级";
        /// The superior's superior.
        Upper "upper" "再上一级";
        /// The county committee above.
        County "county" "县级党委";
        /// The city committee above.
        City "city" "市级党委";
        /// The province committee above.
        Province "province" "省级党委";
        /// Any organization above, itself not included.
        Ancestor "ancestor" "任一上级";
        /// Lowest committee above both subject and target.
        Common "common" "共同上级";
        /// Anywhere; the RPC's own policy limits it.
        Any "any" "任一组织";
        /// Without signing in.
        Public "public" "公众";
        /// The engine itself.
        Engine "engine" "引擎";
    }
}

/// A right: who, as a role at an organization in a relation, optionally to an anchor of the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Who {
    /// The role held.
    pub role: Role,
    /// Whose relation is meant: the case's own organization, or one of its anchors.
    pub anchor: Anchor,
    /// Where it is held.
    pub relation: Relation,
}

/// The organization from which a relation is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Anchor {
    /// The case's own organization.
    Subject,
    /// The organization that receives: `target.` in front of the relation.
    Target,
    /// Each of the organizations that take part: `side.` in front of the relation.
    Side,
}

/// A text that is not `role@relation`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not role@relation with words of the tables [role] and [relation] in processes.toml")]
pub struct NotAWho(pub String);

impl FromStr for Who {
    type Err = NotAWho;

    fn from_str(text: &str) -> Result<Self, NotAWho> {
        let wrong = || NotAWho(text.to_owned());
        let (role, place) = text.split_once('@').ok_or_else(wrong)?;
        let (anchor, relation) = match place.split_once('.') {
            None => (Anchor::Subject, place),
            Some(("target", relation)) => (Anchor::Target, relation),
            Some(("side", relation)) => (Anchor::Side, relation),
            Some(_) => return Err(wrong()),
        };
        Ok(Who {
            role: Role::from_code(role).ok_or_else(wrong)?,
            anchor,
            relation: Relation::from_code(relation).ok_or_else(wrong)?,
        })
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = match self.anchor {
            Anchor::Subject => "",
            Anchor::Target => "target.",
            Anchor::Side => "side.",
        };
        write!(f, "{}@{prefix}{}", self.role, self.relation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_reads_back_as_it_is_written() {
        for text in [
            "clerk@own",
            "org_dept@target.superior",
            "system@engine",
            "anyone@public",
        ] {
            assert_eq!(
                text.parse::<Who>().map(|who| who.to_string()),
                Ok(text.to_owned())
            );
        }
        for text in ["clerk", "boss@own", "clerk@nowhere", "clerk@other.own"] {
            assert!(text.parse::<Who>().is_err(), "{text}");
        }
    }
}
