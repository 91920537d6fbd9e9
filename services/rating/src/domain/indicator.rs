//! The catalogue: what each service counts per branch and period, as two whole numbers.

use serde::{Deserialize, Serialize};

/// What the two numbers of an indicator may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counts {
    /// So many of what was owed: the numerator never exceeds the denominator.
    Share,
    /// Yes or no: 0 or 1 over the constant 1.
    Flag,
    /// A count over the constant 1.
    Count,
    /// An amount against a target, which it may exceed.
    Amount,
}

impl Counts {
    /// Reads the column `counts`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "share" => Some(Self::Share),
            "flag" => Some(Self::Flag),
            "count" => Some(Self::Count),
            "amount" => Some(Self::Amount),
            _ => None,
        }
    }
}

/// One indicator of the catalogue.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Indicator {
    /// `owner.noun.quality`.
    pub id: String,
    /// Chinese name.
    pub name_zh: String,
    /// The service that counts it.
    pub owner: String,
    /// The record that is counted.
    pub subject: String,
    /// The period it is counted for: date, month, quarter, half, year, cycle or event.
    pub period: String,
    /// What the numerator is.
    pub numerator: String,
    /// What the denominator is.
    pub denominator: String,
    /// What the two numbers may be.
    pub counts: Counts,
    /// What one of the counted things is.
    pub unit: String,
    /// The fact that makes it not applicable.
    pub applicable_when: String,
    /// What an answer refers to: ids and counts, never contents.
    pub evidence: String,
    /// The norms that it follows from.
    pub norms: Vec<String>,
    /// A remark.
    pub note: String,
    /// The line of the file it was read from; 0 when it was not.
    #[serde(skip)]
    pub line: u64,
}

/// Why two numbers cannot be a value of an indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CountRefused {
    /// Applicable, but nothing was owed: an applicable denominator is at least 1.
    #[error("DENOMINATOR_MISSING")]
    DenominatorMissing,
    /// More was done than was owed.
    #[error("NUMERATOR_ABOVE_DENOMINATOR")]
    NumeratorAboveDenominator,
    /// The denominator of this indicator is the constant 1.
    #[error("DENOMINATOR_NOT_ONE")]
    DenominatorNotOne,
}

impl CountRefused {
    /// The reason code.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::DenominatorMissing => "DENOMINATOR_MISSING",
            Self::NumeratorAboveDenominator => "NUMERATOR_ABOVE_DENOMINATOR",
            Self::DenominatorNotOne => "DENOMINATOR_NOT_ONE",
        }
    }

    /// What to do, in Chinese.
    #[must_use]
    pub fn zh(self) -> &'static str {
        match self {
            Self::DenominatorMissing => "适用的指标分母至少为 1，没有应做事项的请写明不适用。",
            Self::NumeratorAboveDenominator => "分子不得大于分母。",
            Self::DenominatorNotOne => "这个指标的分母固定为 1。",
        }
    }

    /// Which of the two numbers is wrong.
    #[must_use]
    pub fn column(self) -> &'static str {
        match self {
            Self::NumeratorAboveDenominator => "numerator",
            Self::DenominatorMissing | Self::DenominatorNotOne => "denominator",
        }
    }
}

impl Indicator {
    /// Whether an applicable indicator may have this value.
    ///
    /// # Errors
    /// Names the bound of the catalogue that it breaks.
    pub fn admits(&self, numerator: u64, denominator: u64) -> Result<(), CountRefused> {
        if denominator == 0 {
            return Err(CountRefused::DenominatorMissing);
        }
        let constant = matches!(self.counts, Counts::Flag | Counts::Count);
        if constant && denominator != 1 {
            return Err(CountRefused::DenominatorNotOne);
        }
        let bounded = matches!(self.counts, Counts::Share | Counts::Flag);
        if bounded && numerator > denominator {
            return Err(CountRefused::NumeratorAboveDenominator);
        }
        Ok(())
    }

    /// The word in it that shows that it counts how the system is used, which no template may ask for
    /// (S-323, principle 2).
    #[must_use]
    pub fn counts_usage(&self) -> Option<&'static str> {
        let fields = [
            &self.id,
            &self.name_zh,
            &self.subject,
            &self.numerator,
            &self.denominator,
            &self.unit,
        ];
        let text = fields.map(|field| field.to_lowercase()).join("\n");
        let begins = |at: usize| !text[..at].ends_with(|before: char| before.is_ascii_alphabetic());
        USAGE_WORDS.into_iter().find(|word| {
            text.match_indices(word)
                .any(|(at, _)| !word.is_ascii() || begins(at))
        })
    }
}

/// Words of counting logins, time, devices and clicks. A catalogue of words stops the honest mistake, the
/// publication of a template by a second person the other one.
const USAGE_WORDS: [&str; 40] = [
    "login",
    "log-in",
    "logged in",
    "logs in",
    "logon",
    "log on",
    "logged on",
    "sign-in",
    "signed in",
    "signin",
    "online",
    "usage",
    "screen time",
    "session length",
    "time spent",
    "minutes spent",
    "hours spent",
    "active minutes",
    "active users",
    "clicks",
    "page view",
    "pageview",
    "app opens",
    "opens the app",
    "opened the app",
    "device",
    "downloads",
    "installs",
    "check-ins on the phone",
    "登录",
    "登陆",
    "在线",
    "使用时长",
    "使用率",
    "活跃度",
    "打开次数",
    "点击",
    "浏览量",
    "下载量",
    "截图",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn indicator(counts: Counts) -> Indicator {
        Indicator {
            id: "member.some.thing".into(),
            name_zh: "某事".into(),
            owner: "member".into(),
            subject: "person".into(),
            period: "year".into(),
            numerator: "Done.".into(),
            denominator: "Owed.".into(),
            counts,
            unit: "persons".into(),
            applicable_when: "always".into(),
            evidence: String::new(),
            norms: vec![],
            note: String::new(),
            line: 0,
        }
    }

    #[test]
    fn only_counts_and_amounts_may_exceed_their_denominator() {
        assert_eq!(
            indicator(Counts::Share).admits(13, 12),
            Err(CountRefused::NumeratorAboveDenominator)
        );
        assert_eq!(
            indicator(Counts::Flag).admits(2, 1),
            Err(CountRefused::NumeratorAboveDenominator)
        );
        assert_eq!(indicator(Counts::Count).admits(4, 1), Ok(()));
        assert_eq!(
            indicator(Counts::Count).admits(4, 2),
            Err(CountRefused::DenominatorNotOne)
        );
        assert_eq!(indicator(Counts::Amount).admits(9, 5), Ok(()));
        assert_eq!(
            indicator(Counts::Amount).admits(9, 0),
            Err(CountRefused::DenominatorMissing)
        );
    }

    #[test]
    fn usage_of_the_system_is_recognized_in_both_languages() {
        let mut asked = indicator(Counts::Share);
        assert_eq!(asked.counts_usage(), None);
        asked.subject = "entry of the catalog on the wall".into();
        assert_eq!(asked.counts_usage(), None);
        asked.name_zh = "党员在线学习天数".into();
        assert_eq!(asked.counts_usage(), Some("在线"));
        asked.name_zh = "活动".into();
        asked.numerator = "Logins of members in the year.".into();
        assert_eq!(asked.counts_usage(), Some("login"));
    }
}
