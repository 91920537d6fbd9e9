//! Two days or two moments of a message that are judged together (`zhibu.policy.v1.period`).

use chrono::{Datelike, Duration};
use kernel::{Day, Instant, day::add_months};
use prost_reflect::{DynamicMessage, FieldDescriptor, MessageDescriptor, Value};

use crate::{fields, rules::number, words};

/// Which they are, and how far apart they may be.
#[derive(Debug)]
pub(super) struct Period {
    first: FieldDescriptor,
    last: FieldDescriptor,
    months: i32,
    days: i64,
}

impl Period {
    /// The one that a message declares.
    pub(super) fn of(message: &MessageDescriptor) -> Option<Self> {
        let extension = message
            .parent_pool()
            .get_extension_by_name("zhibu.policy.v1.period")?;
        let options = message.options();
        let declared = options
            .has_extension(&extension)
            .then(|| options.get_extension(&extension))?;
        let declared = declared.as_message()?;
        let field = |end: &str| message.get_field_by_name(declared.get_field_by_name(end)?.as_str()?);
        let most = |unit: &str| number(declared, unit).unwrap_or(0);
        Some(Self {
            first: field("first")?,
            last: field("last")?,
            months: i32::try_from(most("months")).unwrap_or(i32::MAX),
            days: most("days"),
        })
    }

    /// The field that is wrong where something is.
    pub(super) fn last(&self) -> &str {
        self.last.name()
    }

    /// What is wrong with two of which each is right.
    pub(super) fn broken(&self, message: &DynamicMessage) -> Option<(&'static str, String)> {
        let (first, last) = (message.get_field(&self.first), message.get_field(&self.last));
        match (moment(&first), moment(&last)) {
            (Some(first), Some(last)) => self.apart(first, last),
            _ => {
                let day = |value: &Value| fields::day(value.as_str()?).ok();
                self.long(day(&first)?, day(&last)?)
            }
        }
    }

    fn long(&self, first: Day, last: Day) -> Option<(&'static str, String)> {
        if last < first {
            return Some(("END_BEFORE_START", "结束日期早于开始日期，请核对。".into()));
        }
        let too_long = self.months > 0 && last >= add_months(first, self.months);
        too_long.then(|| {
            let zh = format!("期间最长 {} 个月，请缩短后分次查询。", self.months);
            ("PERIOD_TOO_LONG", zh)
        })
    }

    fn apart(&self, first: Instant, last: Instant) -> Option<(&'static str, String)> {
        if last <= first {
            return Some(("END_BEFORE_START", "结束时间须晚于开始时间，请核对。".into()));
        }
        let too_long = self.days > 0 && last - first > Duration::days(self.days);
        too_long.then(|| {
            let zh = format!("一次最长 {} 天，请分段办理。", self.days);
            ("SPAN_TOO_LONG", zh)
        })
    }
}

/// A moment that the contract can name: years 1970 to 9999.
pub(super) fn moment(value: &Value) -> Option<Instant> {
    let stamp = value
        .as_message()?
        .transcode_to::<prost_types::Timestamp>()
        .ok()?;
    words::instant(&stamp).filter(|at| (1970..=9999).contains(&at.year()))
}
