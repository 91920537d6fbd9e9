//! The county file: administrative divisions as `code,name,parent_code,level`, plain or gzip.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    io::Read,
};

use flate2::read::GzDecoder;

/// Rank of a division; the code has 2, 4, 6, 9, 12 or 12 digits (N-01).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rank {
    /// 省
    Province,
    /// 市
    City,
    /// 县、区
    County,
    /// 乡镇、街道
    Town,
    /// 村
    Village,
    /// 社区
    Community,
}

impl Rank {
    /// The word in the file.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Province => "province",
            Self::City => "city",
            Self::County => "county",
            Self::Town => "town",
            Self::Village => "village",
            Self::Community => "community",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        use Rank::{City, Community, County, Province, Town, Village};
        [Province, City, County, Town, Village, Community]
            .into_iter()
            .find(|rank| rank.code() == code)
    }

    fn digits(self) -> usize {
        match self {
            Self::Province => 2,
            Self::City => 4,
            Self::County => 6,
            Self::Town => 9,
            Self::Village | Self::Community => 12,
        }
    }

    fn parent(self) -> Option<Self> {
        match self {
            Self::Province => None,
            Self::City => Some(Self::Province),
            Self::County => Some(Self::City),
            Self::Town => Some(Self::County),
            Self::Village | Self::Community => Some(Self::Town),
        }
    }
}

/// One division.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Division {
    /// Digits of its rank's length; an attribute, never a key (N-01).
    pub code: String,
    /// As the statistics office writes it.
    pub name: String,
    /// Code of the division above, empty at a province.
    pub parent_code: String,
    /// Its rank.
    pub rank: Rank,
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// Not four fields.
    Fields(usize),
    /// A level that is none of the six.
    UnknownLevel(String),
    /// A code that is not of its level's length, or not digits.
    CodeLength(String, Rank),
    /// No name.
    EmptyName(String),
    /// A code that an earlier line has: the code and that line.
    Repeated(String, u64),
    /// No parent code below a province, or one at a province.
    MissingParent(String),
    /// A parent that no good row of the right level has.
    UnknownParent(String, String),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fields(found) => write!(f, "应有 4 列（code,name,parent_code,level），实有 {found} 列"),
            Self::UnknownLevel(level) => {
                write!(
                    f,
                    "级别 {level:?} 不认识，应为 province、city、county、town、village 或 community"
                )
            }
            Self::CodeLength(code, rank) => {
                write!(
                    f,
                    "代码 {code:?} 应为 {} 位数字（{}）",
                    rank.digits(),
                    rank.code()
                )
            }
            Self::EmptyName(code) => write!(f, "代码 {code} 没有名称"),
            Self::Repeated(code, line) => write!(f, "代码 {code} 与第 {line} 行重复"),
            Self::MissingParent(code) => write!(f, "代码 {code} 的上级代码缺失，或省级不应有上级"),
            Self::UnknownParent(code, parent) => {
                write!(f, "代码 {code} 的上级 {parent:?} 不在文件中，或其级别不对")
            }
        }
    }
}

/// A row that was left out, with its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// 1-based line of the file.
    pub line: u64,
    /// Why.
    pub wrong: Wrong,
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "第 {} 行：{}", self.line, self.wrong)
    }
}

/// A file of which no county can be made.
#[derive(Debug, thiserror::Error)]
pub enum NotACounty {
    /// Broken gzip, or text that is not UTF-8.
    #[error("读不出（{0}）。须为 UTF-8 编码的 CSV，可用 gzip 压缩")]
    Unreadable(#[from] std::io::Error),
    /// No good county row with a village or community below it.
    #[error("没有一个带村（社区）的县：请检查列出的各行，或换一个文件")]
    Empty(Vec<BadRow>),
    /// Counties of more than one city.
    #[error("有 {0} 个市的县：请只保留一个县，或一个市的县")]
    ManyCities(usize),
}

/// The divisions of one county, or of one city with its counties, in the order of their codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Divisions {
    /// Province, named by its code where the file has no row for it.
    pub province: Division,
    /// City, named by its code where the file has no row for it.
    pub city: Division,
    /// At least one.
    pub counties: Vec<Division>,
    /// Towns and streets.
    pub towns: Vec<Division>,
    /// Villages and communities.
    pub areas: Vec<Division>,
}

/// What came out of a county file: the divisions, and the rows that were left out.
#[derive(Debug)]
pub struct Reading {
    /// The good rows.
    pub divisions: Divisions,
    /// The others, by line.
    pub bad: Vec<BadRow>,
    /// The line of each code.
    pub lines: BTreeMap<String, u64>,
}

/// The county that is shipped (S-120's nine domains are made around it).
pub const SHIPPED: &[u8] = include_bytes!("../../data/county.csv");

impl Divisions {
    /// Reads a county file, plain or gzip, with or without the header line.
    pub fn read(file: &[u8]) -> Result<Reading, NotACounty> {
        let text = unpack(file)?;
        let (rows, mut bad) = rows(&text);
        let lines = rows
            .iter()
            .map(|(code, (line, _))| (code.clone(), *line))
            .collect();
        let good = hang(rows, &mut bad);
        bad.sort_by_key(|row| row.line);
        match arrange(good) {
            Ok(divisions) => Ok(Reading {
                divisions,
                bad,
                lines,
            }),
            Err(NotACounty::Empty(_)) => Err(NotACounty::Empty(bad)),
            Err(other) => Err(other),
        }
    }

    /// What the file is about: the county, or the city when there are several counties.
    #[must_use]
    pub fn top(&self) -> &Division {
        match self.counties.as_slice() {
            [only] => only,
            _ => &self.city,
        }
    }
}

fn unpack(file: &[u8]) -> std::io::Result<String> {
    let mut text = String::new();
    if file.starts_with(&[0x1f, 0x8b]) {
        GzDecoder::new(file).read_to_string(&mut text)?;
    } else {
        let mut plain = file;
        plain.read_to_string(&mut text)?;
    }
    Ok(text)
}

type Lines = BTreeMap<String, (u64, Division)>;

/// Rows that are right by themselves, by code.
fn rows(text: &str) -> (Lines, Vec<BadRow>) {
    let mut good = Lines::new();
    let mut bad = Vec::new();
    for (line, content) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let fields: Vec<&str> = content.split(',').map(str::trim).collect();
        if content.trim().is_empty() || (line == 1 && fields.first() == Some(&"code")) {
            continue;
        }
        let read = row(&fields).and_then(|division| match good.get(&division.code) {
            Some((first, _)) => Err(Wrong::Repeated(division.code, *first)),
            None => Ok(division),
        });
        match read {
            Ok(division) => {
                good.insert(division.code.clone(), (line, division));
            }
            Err(wrong) => bad.push(BadRow { line, wrong }),
        }
    }
    (good, bad)
}

fn row(fields: &[&str]) -> Result<Division, Wrong> {
    let [code, name, parent_code, level] = *fields else {
        return Err(Wrong::Fields(fields.len()));
    };
    let rank = Rank::from_code(level).ok_or_else(|| Wrong::UnknownLevel(level.to_owned()))?;
    if code.len() != rank.digits() || !code.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Wrong::CodeLength(code.to_owned(), rank));
    }
    if name.is_empty() {
        return Err(Wrong::EmptyName(code.to_owned()));
    }
    if parent_code.is_empty() != rank.parent().is_none() {
        return Err(Wrong::MissingParent(code.to_owned()));
    }
    Ok(Division {
        code: code.to_owned(),
        name: name.to_owned(),
        parent_code: parent_code.to_owned(),
        rank,
    })
}

/// Keeps the rows whose parent is a good row of the rank above. Provinces and cities above a cut-out county
/// may be missing altogether.
fn hang(rows: Lines, bad: &mut Vec<BadRow>) -> Vec<Division> {
    let mut kept: BTreeMap<String, Division> = BTreeMap::new();
    let has = |rank: Rank| rows.values().any(|(_, division)| division.rank == rank);
    let (provinces, cities) = (has(Rank::Province), has(Rank::City));
    let mut ordered: Vec<&(u64, Division)> = rows.values().collect();
    ordered.sort_by_key(|(line, division)| (division.rank, *line));
    for (line, division) in ordered {
        let hangs = match division.rank.parent() {
            None => true,
            Some(Rank::Province) if !provinces => true,
            Some(Rank::City) if !cities => true,
            above => kept.get(&division.parent_code).map(|parent| parent.rank) == above,
        };
        if hangs {
            kept.insert(division.code.clone(), division.clone());
        } else {
            bad.push(BadRow {
                line: *line,
                wrong: Wrong::UnknownParent(division.code.clone(), division.parent_code.clone()),
            });
        }
    }
    kept.into_values().collect()
}

fn arrange(good: Vec<Division>) -> Result<Divisions, NotACounty> {
    let of = |wanted: fn(Rank) -> bool| -> Vec<Division> {
        good.iter().filter(|d| wanted(d.rank)).cloned().collect()
    };
    let mut areas = of(|rank| rank >= Rank::Village);
    let mut towns = of(|rank| rank == Rank::Town);
    let county_of: BTreeMap<String, String> = towns
        .iter()
        .map(|town| (town.code.clone(), town.parent_code.clone()))
        .collect();
    let lived: BTreeSet<&String> = areas
        .iter()
        .filter_map(|area| county_of.get(&area.parent_code))
        .collect();
    let mut counties = of(|rank| rank == Rank::County);
    counties.retain(|county| lived.contains(&county.code));
    towns.retain(|town| lived.contains(&town.parent_code));
    areas.retain(|area| county_of.contains_key(&area.parent_code));
    let first = counties.first().ok_or_else(|| NotACounty::Empty(Vec::new()))?;
    let mut cities: Vec<&str> = counties.iter().map(|c| c.parent_code.as_str()).collect();
    cities.sort_unstable();
    cities.dedup();
    if cities.len() > 1 {
        return Err(NotACounty::ManyCities(cities.len()));
    }
    let city = above(&good, &first.parent_code, Rank::City, &first.code[..2]);
    let province = above(&good, &city.parent_code, Rank::Province, "");
    Ok(Divisions {
        province,
        city,
        counties,
        towns,
        areas,
    })
}

/// The row of a division above the counties; one named by its code where the file has none.
fn above(good: &[Division], code: &str, rank: Rank, parent: &str) -> Division {
    let row = good
        .iter()
        .find(|division| division.rank == rank && division.code == code);
    row.cloned().unwrap_or_else(|| Division {
        code: code.to_owned(),
        name: code.to_owned(),
        parent_code: parent.to_owned(),
        rank,
    })
}

#[cfg(test)]
mod tests;
