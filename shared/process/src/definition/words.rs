//! The small words of a definition: where a step comes from and goes to, from when a clock runs, numbers
//! that may be parameters. Each reads back as it is written.

use std::{fmt, str::FromStr};

use kernel::{Relation, Who, role::Anchor};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A word that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} 应写作 {wanted}")]
pub struct NotAWord {
    /// The text found.
    pub text: String,
    /// What stands there in a good file.
    pub wanted: &'static str,
}

macro_rules! written {
    ($($name:ident),*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(D::Error::custom)
            }
        }
    )*};
}

written!(Source, Goal, Start, Position, Right);

/// Where a step may be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `@new`: the step opens the case.
    New,
    /// In this state.
    State(String),
}

impl FromStr for Source {
    type Err = NotAWord;
    fn from_str(text: &str) -> Result<Self, NotAWord> {
        match text {
            "@new" => Ok(Self::New),
            _ => plain(text, "状态名或 @new").map(Self::State),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "@new",
            Self::State(state) => state,
        })
    }
}

/// Where a step leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Goal {
    /// `@same`: stays.
    Same,
    /// `@back`: to the state that was stopped, with what was done in it.
    Back,
    /// To this state.
    State(String),
}

impl FromStr for Goal {
    type Err = NotAWord;
    fn from_str(text: &str) -> Result<Self, NotAWord> {
        match text {
            "@same" => Ok(Self::Same),
            "@back" => Ok(Self::Back),
            _ => plain(text, "状态名、@same 或 @back").map(Self::State),
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Same => "@same",
            Self::Back => "@back",
            Self::State(state) => state,
        })
    }
}

/// From when a clock runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// The latest time that this step was taken.
    Step(String),
    /// `@enter`: when the present state was entered.
    Enter,
    /// `@earliest`: the first day on which the step itself may be taken.
    Earliest,
    /// `fact:x`: a date among facts and evidence.
    Fact(String),
}

impl FromStr for Start {
    type Err = NotAWord;
    fn from_str(text: &str) -> Result<Self, NotAWord> {
        match (text, text.strip_prefix("fact:")) {
            ("@enter", _) => Ok(Self::Enter),
            ("@earliest", _) => Ok(Self::Earliest),
            (_, Some(item)) => plain(item, "fact:名").map(Self::Fact),
            _ => plain(text, "步骤名、@enter、@earliest 或 fact:名").map(Self::Step),
        }
    }
}

impl fmt::Display for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Step(step) => f.write_str(step),
            Self::Enter => f.write_str("@enter"),
            Self::Earliest => f.write_str("@earliest"),
            Self::Fact(item) => write!(f, "fact:{item}"),
        }
    }
}

/// An organization, seen from the case: a relation to it or to one of its anchors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// From whose place the relation is read.
    pub anchor: Anchor,
    /// The relation.
    pub relation: Relation,
}

impl FromStr for Position {
    type Err = NotAWord;
    fn from_str(text: &str) -> Result<Self, NotAWord> {
        let who: Who = format!("{}@{text}", kernel::Role::Clerk)
            .parse()
            .map_err(|_| NotAWord {
                text: text.to_owned(),
                wanted: "职责@关系（关系见 [relation] 表）",
            })?;
        Ok(Self {
            anchor: who.anchor,
            relation: who.relation,
        })
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.anchor {
            Anchor::Subject => write!(f, "{}", self.relation),
            Anchor::Target => write!(f, "target.{}", self.relation),
            Anchor::Side => write!(f, "side.{}", self.relation),
        }
    }
}

/// A right as it stands in a definition: `role@relation`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Right(pub Who);

impl FromStr for Right {
    type Err = kernel::role::NotAWho;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A number: fixed by the norm, or a parameter that a region may set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Number {
    /// As the norm says.
    Fixed(i64),
    /// `$name`, or `-$name` when it counts backwards.
    Parameter {
        /// Its name in the table of parameters.
        name: String,
        /// True for `-$name`.
        negative: bool,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenNumber {
    Fixed(i64),
    Text(String),
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match WrittenNumber::deserialize(from) {
            Ok(WrittenNumber::Fixed(n)) => Ok(Self::Fixed(n)),
            Ok(WrittenNumber::Text(text)) => text.parse().map_err(D::Error::custom),
            Err(_) => Err(D::Error::custom("应为整数或 $参数名")),
        }
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Fixed(n) => to.serialize_i64(*n),
            Self::Parameter { .. } => to.collect_str(self),
        }
    }
}

impl FromStr for Number {
    type Err = NotAWord;
    fn from_str(text: &str) -> Result<Self, NotAWord> {
        let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let name = rest.strip_prefix('$').ok_or_else(|| NotAWord {
            text: text.to_owned(),
            wanted: "整数或 $参数名",
        })?;
        plain(name, "$参数名").map(|name| Self::Parameter { name, negative })
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(n) => write!(f, "{n}"),
            Self::Parameter { name, negative } => {
                write!(f, "{}${name}", if *negative { "-" } else { "" })
            }
        }
    }
}

/// One or several of the same, written `x` or `[x, y]`.
pub(super) fn one_or_many<'de, D: Deserializer<'de>, T: FromStr>(from: D) -> Result<Vec<T>, D::Error>
where
    T::Err: fmt::Display,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    let all = match OneOrMany::deserialize(from) {
        Ok(OneOrMany::One(one)) => vec![one],
        Ok(OneOrMany::Many(many)) => many,
        Err(_) => return Err(D::Error::custom("应为文本或文本列表")),
    };
    all.iter()
        .map(|text| text.parse().map_err(D::Error::custom))
        .collect()
}

fn plain(text: &str, wanted: &'static str) -> Result<String, NotAWord> {
    let good = !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    good.then(|| text.to_owned()).ok_or_else(|| NotAWord {
        text: text.to_owned(),
        wanted,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back_as_they_are_written() {
        for text in ["@new", "draft"] {
            assert_eq!(text.parse::<Source>().unwrap().to_string(), text);
        }
        for text in ["@same", "@back", "done"] {
            assert_eq!(text.parse::<Goal>().unwrap().to_string(), text);
        }
        for text in ["@enter", "@earliest", "fact:term_end", "submit"] {
            assert_eq!(text.parse::<Start>().unwrap().to_string(), text);
        }
        for text in ["superior", "target.own"] {
            assert_eq!(text.parse::<Position>().unwrap().to_string(), text);
        }
        for text in ["$days", "-$months"] {
            assert_eq!(text.parse::<Number>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_misspelt_word_is_refused() {
        assert!("@now".parse::<Source>().is_err());
        assert!("@later".parse::<Start>().is_err());
        assert!("days".parse::<Number>().is_err());
        assert!("above".parse::<Position>().is_err());
    }
}
