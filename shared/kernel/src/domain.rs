//! The nine domains and groups (领域) of S-120.

use serde::{Deserialize, Serialize};

macro_rules! domains {
    ($($(#[$doc:meta])* $name:ident $code:literal $zh:literal;)*) => {
        /// A branch has exactly one domain at a date; it decides the rating template (S-120).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Domain { $($(#[$doc])* $name,)* }

        impl Domain {
            /// All nine, in their published order.
            pub const ALL: [Domain; 9] = [$(Domain::$name,)*];

            /// The code that files and messages use.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Domain::$name => $code,)* }
            }

            /// The Chinese name.
            #[must_use]
            pub fn name_zh(self) -> &'static str {
                match self { $(Domain::$name => $zh,)* }
            }

            /// The domain with this code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Domain::$name),)* _ => None }
            }
        }
    };
}

domains! {
    /// 农村
    Rural "rural" "农村";
    /// 社区
    Community "community" "社区";
    /// 机关
    Organ "organ" "机关";
    /// 事业单位
    Institution "institution" "事业单位";
    /// 学校
    School "school" "学校";
    /// 国有企业
    Soe "soe" "国有企业";
    /// 非公企业
    Private "private" "非公企业";
    /// 社会组织
    Social "social" "社会组织";
    /// 离退休
    Retired "retired" "离退休";
}
