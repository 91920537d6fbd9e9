//! The suite's words between the contract and the kernel.

use kernel::{Domain, Level, OrganizationKind};
use proto::{kernel::v1::Domain as WireDomain, organization::v1 as wire};

macro_rules! both_ways {
    ($to:ident, $from:ident, $here:ty, $there:ty { $($name:ident),* $(,)? }) => {
        /// The contract's number of the word.
        #[must_use]
        pub fn $to(word: $here) -> i32 {
            match word { $(<$here>::$name => <$there>::$name as i32,)* }
        }

        /// The word of a number; `None` for unspecified and unknown ones.
        #[must_use]
        pub fn $from(number: i32) -> Option<$here> {
            match <$there>::try_from(number).ok()? {
                $(<$there>::$name => Some(<$here>::$name),)*
                _ => None,
            }
        }
    };
}

both_ways!(
    domain_number,
    domain,
    Domain,
    WireDomain {
        Rural,
        Community,
        Organ,
        Institution,
        School,
        Soe,
        Private,
        Social,
        Retired,
    }
);

both_ways!(
    kind_number,
    kind,
    OrganizationKind,
    wire::OrganizationKind {
        LocalCommittee,
        Committee,
        GeneralBranch,
        Branch,
        JointBranch,
        TemporaryBranch,
        MobileBranch,
        FunctionalBranch,
        PartyGroup,
        LeadingGroup,
        WorkCommittee,
    }
);

both_ways!(
    level_number,
    level,
    Level,
    wire::Level {
        Province,
        City,
        County
    }
);

/// An instant as the contract writes it.
#[must_use]
pub fn timestamp(at: kernel::Instant) -> prost_types::Timestamp {
    let nanos = i32::try_from(at.timestamp_subsec_nanos()).unwrap_or(0);
    prost_types::Timestamp {
        seconds: at.timestamp(),
        nanos,
    }
}

/// An instant from the contract; `None` when it is outside what can be named.
#[must_use]
pub fn instant(stamp: &prost_types::Timestamp) -> Option<kernel::Instant> {
    let nanos = u32::try_from(stamp.nanos).ok()?;
    kernel::Instant::from_timestamp(stamp.seconds, nanos).map(kernel::day::micros)
}
