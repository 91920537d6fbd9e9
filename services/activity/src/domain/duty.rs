//! Duties of organizational life. One session may fulfil several; each is listed by the organizer and none is
//! inferred (domain.md trap 5).

use crate::error::ActivityError;

macro_rules! duties {
    ($($(#[$doc:meta])* $name:ident $code:literal;)*) => {
        /// A duty that a session fulfils.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Duty { $($(#[$doc])* $name,)* }

        impl Duty {
            /// All of them, in the order of the contract.
            pub const ALL: &'static [Duty] = &[$(Duty::$name,)*];

            /// The code that the norm table uses.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Duty::$name => $code,)* }
            }
        }
    };
}

duties! {
    /// 党员大会
    Assembly "assembly";
    /// 支部委员会会议
    Committee "committee";
    /// 党小组会
    Group "group";
    /// 党课
    Lecture "lecture";
    /// 主题党日
    Theme "theme";
    /// 组织生活会
    Life "life";
    /// 民主评议党员
    Review "review";
    /// 书记述职，向党员大会
    DebriefAssembly "debrief_assembly";
    /// 书记述职，向上级党委
    DebriefSuperior "debrief_superior";
    /// 理论学习 as an agenda item
    Study "study";
}

impl Duty {
    /// The duty with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|duty| duty.code() == code)
    }

    fn bit(self) -> u16 {
        1 << (self as u16)
    }

    /// Whether it is a debrief of the secretary, which counts only with an assessment.
    #[must_use]
    pub fn is_debrief(self) -> bool {
        matches!(self, Self::DebriefAssembly | Self::DebriefSuperior)
    }
}

/// A set of duties.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Duties(u16);

impl Duties {
    /// The duties listed; refuses one that is named twice (`DUTY_TWICE`).
    pub fn distinct(listed: impl IntoIterator<Item = Duty>) -> Result<Self, ActivityError> {
        let mut set = Self::default();
        for duty in listed {
            if set.has(duty) {
                return Err(ActivityError::DutyTwice);
            }
            set = set.and(duty);
        }
        Ok(set)
    }

    /// The set with a duty more.
    #[must_use]
    pub fn and(self, duty: Duty) -> Self {
        Self(self.0 | duty.bit())
    }

    /// Whether the duty is in it.
    #[must_use]
    pub fn has(self, duty: Duty) -> bool {
        self.0 & duty.bit() != 0
    }

    /// Whether none is in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The duties in it, in the order of the contract.
    pub fn iter(self) -> impl Iterator<Item = Duty> {
        Duty::ALL.iter().copied().filter(move |duty| self.has(*duty))
    }

    /// As one number, bit by bit in the order of the contract: for a column.
    #[must_use]
    pub fn bits(self) -> u16 {
        self.0
    }

    /// Back from such a number; bits of no duty are dropped.
    #[must_use]
    pub fn from_bits(bits: u16) -> Self {
        Self(bits & ((1 << Duty::ALL.len()) - 1))
    }
}

impl FromIterator<Duty> for Duties {
    fn from_iter<I: IntoIterator<Item = Duty>>(all: I) -> Self {
        all.into_iter().fold(Self::default(), Self::and)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duty_named_twice_is_refused() {
        assert_eq!(
            Duties::distinct([Duty::Theme, Duty::Lecture, Duty::Theme]),
            Err(ActivityError::DutyTwice)
        );
        let set = Duties::distinct([Duty::Theme, Duty::Lecture]).expect("distinct");
        assert_eq!(set.iter().collect::<Vec<_>>(), [Duty::Lecture, Duty::Theme]);
    }

    #[test]
    fn every_set_reads_back_from_its_number() {
        for duty in Duty::ALL {
            let set = Duties::default().and(*duty);
            assert_eq!(Duties::from_bits(set.bits()), set);
            assert_eq!(Duty::from_code(duty.code()), Some(*duty));
        }
        assert!(Duties::from_bits(1 << 15).is_empty());
    }
}
