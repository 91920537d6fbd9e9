//! Reading a file of definitions: the order of the file is kept, a version is filled in from its base.

use std::collections::BTreeMap;

use kernel::Day;
use serde::Deserialize;

use super::{
    Broken, Places,
    place::Place,
    schema::{Objection, Procedure, State, Step},
    tables::{self, Tables},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: i64,
    #[serde(default)]
    param: BTreeMap<String, tables::Parameter>,
    #[serde(default)]
    role: BTreeMap<String, String>,
    #[serde(default)]
    relation: BTreeMap<String, String>,
    #[serde(default)]
    list: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    public: tables::Public,
    #[serde(default)]
    vote: BTreeMap<String, tables::VoteRule>,
    #[serde(default)]
    predicate: BTreeMap<String, tables::PredicateEntry>,
    #[serde(default)]
    fact: BTreeMap<String, tables::Fact>,
    #[serde(default)]
    evidence: BTreeMap<String, tables::Evidence>,
    #[serde(default)]
    code: BTreeMap<String, String>,
    #[serde(default)]
    procedure: Vec<Written>,
}

/// A procedure as it is written: a version with a base holds its differences only.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    version: String,
    base: Option<String>,
    name_zh: Option<String>,
    #[serde(with = "days")]
    effective_from: Day,
    #[serde(default, with = "days::optional")]
    effective_to: Option<Day>,
    #[serde(default)]
    map: BTreeMap<String, String>,
    #[serde(default)]
    to_confirm: Vec<String>,
    subject: Option<String>,
    owner: Option<String>,
    anchors: Option<Vec<String>>,
    variants: Option<BTreeMap<String, String>>,
    exclusive: Option<String>,
    norms: Option<Vec<String>>,
    #[serde(default)]
    states: BTreeMap<String, State>,
    #[serde(default)]
    step: BTreeMap<String, Step>,
    #[serde(default)]
    objection: BTreeMap<String, Objection>,
}

/// TOML dates as days.
pub(crate) mod days {
    use kernel::Day;
    use serde::{Deserialize, Deserializer, de::Error as _};
    use toml::value::Datetime;

    const NOT_A_DAY: &str = "应为 2025-01-31 样式的日期，不带时刻";

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Day, D::Error> {
        of(Datetime::deserialize(from)?).ok_or_else(|| D::Error::custom(NOT_A_DAY))
    }

    pub(crate) fn of(written: Datetime) -> Option<Day> {
        let date = written.date.filter(|_| written.time.is_none())?;
        Day::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day))
    }

    pub(crate) mod optional {
        use serde::de::Error as _;

        use super::{Datetime, Day, Deserialize, Deserializer};

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Day>, D::Error> {
            let written = Option::<Datetime>::deserialize(from)?;
            let day = written.map(|day| super::of(day).ok_or_else(|| D::Error::custom(super::NOT_A_DAY)));
            day.transpose()
        }
    }
}

/// Reads a file: the tables, the procedures whole, and where everything stands.
pub(super) fn read(text: &str) -> Result<(Tables, Vec<Procedure>, Places), Broken> {
    let places = Places::of(text);
    let file: File = toml::from_str(text).map_err(|error| unreadable(&error, &places))?;
    if file.schema != 1 {
        let place = Place {
            line: places.line(&["schema"]),
            what: "schema".to_owned(),
        };
        return Err(Broken {
            place,
            what: format!("不认识格式 {}，应为 1", file.schema),
        });
    }
    let mut procedures: Vec<Procedure> = Vec::with_capacity(file.procedure.len());
    for (index, written) in file.procedure.into_iter().enumerate() {
        let whole = whole(written, index, &procedures, &places)?;
        procedures.push(whole);
    }
    let tables = Tables {
        param: file.param,
        role: file.role,
        relation: file.relation,
        list: file.list,
        public: file.public,
        vote: file.vote,
        predicate: file.predicate,
        fact: file.fact,
        evidence: file.evidence,
        code: file.code,
    };
    Ok((tables, procedures, places))
}

fn unreadable(error: &toml::de::Error, places: &Places) -> Broken {
    let at = error.span().map(|span| span.start);
    let path = at
        .and_then(|at| places.path_at(at))
        .map(|path| path.join("."))
        .unwrap_or_default();
    let place = Place {
        line: at.map(|at| places.line_of(at)),
        what: path,
    };
    Broken {
        place,
        what: error.message().lines().next().unwrap_or_default().to_owned(),
    }
}

fn whole(
    written: Written,
    index: usize,
    earlier: &[Procedure],
    places: &Places,
) -> Result<Procedure, Broken> {
    let at = index.to_string();
    let missing = |key: &'static str| Broken {
        place: Place {
            line: places.line(&["procedure", &at]),
            what: format!("{} {}", written.id, written.version),
        },
        what: format!("缺少 {key}"),
    };
    let same = |p: &Procedure| p.id == written.id && p.version == written.version;
    if let Some(first) = earlier.iter().position(same) {
        let line = places.line(&["procedure", &first.to_string()]);
        let where_ = line.map(|line| format!("（第 {line} 行）")).unwrap_or_default();
        return Err(Broken {
            what: format!("规程和版本与前面的重复{where_}"),
            ..missing("")
        });
    }
    let base = match &written.base {
        None => None,
        Some(base) => Some(
            earlier
                .iter()
                .find(|p| p.id == written.id && p.version == *base)
                .ok_or_else(|| Broken {
                    place: Place {
                        line: places.line(&["procedure", &at, "base"]),
                        what: format!("{} {}, base", written.id, written.version),
                    },
                    what: format!("它之前没有版本 {base}"),
                })?,
        ),
    };
    let states = ordered(
        written.states,
        &places.under(&["procedure", &at, "states"]),
        |state, id| state.id = id,
    );
    let steps = ordered(
        written.step,
        &places.under(&["procedure", &at, "step"]),
        |step, id| step.id = id,
    );
    let objections = ordered(
        written.objection,
        &places.under(&["procedure", &at, "objection"]),
        |objection, id| objection.id = id,
    );
    Ok(Procedure {
        name_zh: written
            .name_zh
            .or_else(|| base.map(|b| b.name_zh.clone()))
            .ok_or_else(|| missing("name_zh"))?,
        subject: written
            .subject
            .or_else(|| base.map(|b| b.subject.clone()))
            .ok_or_else(|| missing("subject"))?,
        owner: written
            .owner
            .or_else(|| base.map(|b| b.owner.clone()))
            .ok_or_else(|| missing("owner"))?,
        anchors: written
            .anchors
            .or_else(|| base.map(|b| b.anchors.clone()))
            .unwrap_or_default(),
        variants: written
            .variants
            .or_else(|| base.map(|b| b.variants.clone()))
            .unwrap_or_default(),
        exclusive: written
            .exclusive
            .or_else(|| base.and_then(|b| b.exclusive.clone())),
        norms: written
            .norms
            .or_else(|| base.map(|b| b.norms.clone()))
            .unwrap_or_default(),
        states: laid_over(base.map(|b| &b.states), states, |state| &state.id),
        steps: laid_over(base.map(|b| &b.steps), steps, |step| &step.id),
        objections: laid_over(base.map(|b| &b.objections), objections, |objection| &objection.id),
        id: written.id,
        version: written.version,
        effective_from: written.effective_from,
        effective_to: written.effective_to,
        base: written.base,
        map: written.map,
        to_confirm: written.to_confirm,
    })
}

fn ordered<T>(mut map: BTreeMap<String, T>, keys: &[&str], name: impl Fn(&mut T, String)) -> Vec<T> {
    keys.iter()
        .filter_map(|key| {
            let mut item = map.remove(*key)?;
            name(&mut item, (*key).to_owned());
            Some(item)
        })
        .collect()
}

/// The differences over the base: the same key replaces in its place, a new key comes after the one that
/// stands before it in the differences.
fn laid_over<T: Clone>(base: Option<&Vec<T>>, own: Vec<T>, id: impl Fn(&T) -> &String) -> Vec<T> {
    let Some(base) = base else { return own };
    let mut whole = base.clone();
    let mut after: Option<usize> = None;
    for item in own {
        let at = match whole.iter().position(|old| id(old) == id(&item)) {
            Some(at) => {
                whole[at] = item;
                at
            }
            None => {
                let at = after.map_or(whole.len(), |at| at + 1);
                whole.insert(at, item);
                at
            }
        };
        after = Some(at);
    }
    whole
}
