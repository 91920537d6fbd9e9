//! Settings: one `zhibu.toml` with `[shared]` and a table for each service, over embedded defaults, under the
//! environment (`ZHIBU_MEMBER__DATABASE__URL`). Read here and nowhere else. The defaults are the schema: a key
//! without one is unknown, a value of another type is wrong, and all problems are named at once.

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use toml::Value;

mod keys;
mod service;
mod shared;

pub use keys::Keys;
pub use service::{DatabaseSettings, ServiceSettings, sqlite_file};
pub use shared::{ClockSetting, Durability, LogFormat, LogSettings, OtlpSettings, Shared};

/// The file that is read when none is named and it is there.
pub const FILE: &str = "zhibu.toml";
const PREFIX: &str = "ZHIBU_";
const SHARED: &str = include_str!("settings/shared.toml");
const SERVICE: &str = include_str!("settings/service.toml");

/// The environment of this process.
#[expect(clippy::disallowed_methods, reason = "the one home of settings")]
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars()
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The embedded default.
    Default,
    /// The settings file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("默认值"),
            Self::File(path) => path.display().fmt(f),
            Self::Environment(name) => f.write_str(name),
        }
    }
}

/// One thing that is wrong in the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key, such as `member.database.pool`.
    pub key: String,
    /// Where it was said.
    pub source: Source,
    /// What is wrong. Never the value of a key that may hold a secret.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}（{}）：{}", self.key, self.source, self.what)
    }
}

/// Everything that is wrong in the settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "设置有 {} 处错误，改正后再启动：", self.0.len())?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

#[derive(Clone)]
struct Leaf {
    value: Value,
    source: Source,
}

/// Without the value, which may be a secret.
impl fmt::Debug for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

/// All settings of the process: defaults, file and environment laid over each other, types checked.
#[derive(Debug, Clone)]
pub struct Settings {
    leaves: Arc<BTreeMap<String, Leaf>>,
    /// What `[shared]` says.
    pub shared: Arc<Shared>,
    services: BTreeMap<String, ServiceSettings>,
}

impl Settings {
    /// Reads the file (or `zhibu.toml` where it is there) and the environment of this process. `services` are
    /// the names of all services with the text of their `settings.toml`.
    /// Fails with all problems at once.
    pub fn of_process(file: Option<&Path>, services: &[(&str, &str)]) -> Result<Self, Problems> {
        Self::load(file, services, environment())
    }

    /// The same with a given environment.
    pub fn load(
        file: Option<&Path>,
        services: &[(&str, &str)],
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Problems> {
        let mut layers = Layers::default();
        layers.defaults("shared", SHARED);
        for (name, own) in services {
            layers.defaults(name, SERVICE);
            layers.defaults(name, own);
        }
        layers.file(file);
        layers.environment(environment);
        layers.finish(services.iter().map(|(name, _)| *name))
    }

    /// The settings of a service; `None` when its name was not given.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&ServiceSettings> {
        self.services.get(name)
    }

    /// Every key with its source, sorted; without values, which may be secrets.
    pub fn sources(&self) -> impl Iterator<Item = (&str, &Source)> {
        self.leaves.iter().map(|(key, leaf)| (key.as_str(), &leaf.source))
    }
}

#[derive(Default)]
struct Layers {
    leaves: BTreeMap<String, Leaf>,
    problems: Vec<Problem>,
}

impl Layers {
    fn defaults(&mut self, table: &str, text: &str) {
        match text.parse::<toml::Table>() {
            Ok(parsed) => flatten(table, Value::Table(parsed), &mut |key, value| {
                self.leaves.insert(
                    key,
                    Leaf {
                        value,
                        source: Source::Default,
                    },
                );
            }),
            Err(error) => self.problem(table.to_owned(), Source::Default, error.to_string()),
        }
    }

    fn file(&mut self, named: Option<&Path>) {
        let path = named.unwrap_or(Path::new(FILE));
        let source = Source::File(path.to_owned());
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => return self.problem("整个文件".into(), source, format!("读不出（{error}）")),
        };
        match text.parse::<toml::Table>() {
            Err(error) => {
                let before = error.span().and_then(|span| text.get(..span.start));
                let line = before.map_or(1, |before| before.matches('\n').count() + 1);
                let what = format!("第 {line} 行不合 TOML 语法（{}）", error.message());
                self.problem("整个文件".into(), source, what);
            }
            Ok(parsed) => {
                let mut said = Vec::new();
                flatten("", Value::Table(parsed), &mut |key, value| {
                    said.push((key, value))
                });
                for (key, value) in said {
                    self.lay(key, value, source.clone());
                }
            }
        }
    }

    fn environment(&mut self, variables: impl IntoIterator<Item = (String, String)>) {
        for (name, text) in variables {
            let source = Source::Environment(name.clone());
            if name == "RUST_LOG" && !text.is_empty() {
                self.lay("shared.log.level".into(), Value::String(text), source);
                continue;
            }
            let Some(key) = name.strip_prefix(PREFIX).filter(|rest| rest.contains("__")) else {
                continue;
            };
            let key = key.to_lowercase().replace("__", ".");
            let value = match self.leaves.get(&key) {
                Some(leaf) => read_as(&leaf.value, text),
                None => Value::String(text),
            };
            self.lay(key, value, source);
        }
    }

    fn lay(&mut self, key: String, value: Value, source: Source) {
        let Some(leaf) = self.leaves.get_mut(&key) else {
            return self.problem(key, source, "没有这个设置项".into());
        };
        let texts_only = |list: &Vec<Value>| list.iter().all(Value::is_str);
        if !leaf.value.same_type(&value) || !value.as_array().is_none_or(texts_only) {
            let what = format!("应为{}，不是{}", kind(&leaf.value), kind(&value));
            return self.problem(key, source, what);
        }
        *leaf = Leaf { value, source };
    }

    fn problem(&mut self, key: String, source: Source, what: String) {
        self.problems.push(Problem { key, source, what });
    }

    fn finish<'a>(self, names: impl Iterator<Item = &'a str>) -> Result<Settings, Problems> {
        let leaves = Arc::new(self.leaves);
        let mut problems = self.problems;
        let mut keys = Keys::new("shared", leaves.clone());
        let shared = Arc::new(Shared::read(&mut keys));
        problems.extend(keys.into_problems());
        let mut services = BTreeMap::new();
        for name in names {
            let mut keys = Keys::new(name, leaves.clone());
            services.insert(name.to_owned(), ServiceSettings::read(name, &shared, &mut keys));
            problems.extend(keys.into_problems());
        }
        if problems.is_empty() {
            Ok(Settings {
                leaves,
                shared,
                services,
            })
        } else {
            Err(Problems(problems))
        }
    }
}

fn flatten(at: &str, value: Value, leaf: &mut impl FnMut(String, Value)) {
    let Value::Table(table) = value else {
        return leaf(at.to_owned(), value);
    };
    for (key, value) in table {
        let key = if at.is_empty() { key } else { format!("{at}.{key}") };
        flatten(&key, value, leaf);
    }
}

/// A text of the environment as a value of the default's type; what cannot be read stays a text, and is refused
/// as one.
fn read_as(default: &Value, text: String) -> Value {
    match default {
        Value::Integer(_) => text.parse().map_or(Value::String(text), Value::Integer),
        Value::Boolean(_) => text.parse().map_or(Value::String(text), Value::Boolean),
        Value::Array(_) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Value::Array(items.map(Value::from).collect())
        }
        _ => Value::String(text),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "文本",
        Value::Integer(_) => "整数",
        Value::Boolean(_) => "true 或 false",
        Value::Array(_) => "文本列表",
        Value::Table(_) => "一组设置",
        _ => "别的值",
    }
}

#[cfg(test)]
mod tests;
