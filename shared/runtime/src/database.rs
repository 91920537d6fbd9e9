//! A service's database as storage wants it, and what is told when it cannot be used: where, why, what to do.

use std::{error::Error, time::Duration};

use storage::StartError as Refused;
use tokio::net::TcpStream;

use crate::{
    error::StartError,
    settings::{DatabaseSettings, Durability},
};

const REACHED_WITHIN: Duration = Duration::from_secs(3);
const POSTGRES_PORT: u16 = 5432;

/// A service's database as storage wants it: on Postgres each service has a schema of its own.
#[must_use]
pub fn database(name: &str, settings: &DatabaseSettings) -> storage::Settings {
    storage::Settings {
        url: settings.url.clone(),
        schema: is_postgres(&settings.url).then(|| name.to_owned()),
        pool: settings.pool,
        durability: match settings.durability {
            Durability::Required => storage::Durability::Required,
            Durability::Test => storage::Durability::Test,
        },
    }
}

/// Why the database of a service cannot be used. A pool that only says that its time is over is looked behind: the
/// operator is told what the address itself answers.
pub async fn refused(service: &'static str, url: &str, error: Refused) -> StartError {
    let place = place(url);
    let what = match error {
        Refused::Settings(what) => {
            format!("{service} 的数据库设置不对（{what}）。请改正 {service}.database。")
        }
        Refused::Database { source, .. } => {
            let cause = match unreached(url).await {
                Some(cause) => cause,
                None => cause(&source),
            };
            format!(
                "{service} 的数据库 {place} 不能使用（{cause}）。{}",
                advice(service, url)
            )
        }
        Refused::NotDurable { found, .. } => format!(
            "{service} 的数据库 {place} 可能丢失已确认的写入（{found}）。请改数据库的设置；只作测试时可设 \
             shared.durability = \"test\"（环境变量 ZHIBU_SHARED__DURABILITY=test）。"
        ),
        Refused::OtherKey { file, .. } => format!(
            "{service} 的数据库 {place} 是用另一个 {file} 写成的。请恢复原来的密钥目录（shared.keys；演示在数据目录的 \
             keys 中）后再启动，或换一个数据库。"
        ),
        Refused::KeyGone { file, .. } => format!(
            "{service} 的数据库 {place} 用过 {file}，密钥目录中已没有它，其中的内容将无法读出。请把它放回密钥目录\
             （shared.keys；演示在数据目录的 keys 中）后再启动；轮换密钥时只添加新的，不删旧的。"
        ),
        Refused::Key { source, .. } => return StartError::Keys(source),
        Refused::Older { missing, .. } => {
            format!(
                "{service} 的数据库 {place} 比本程序旧（缺 {missing}）。请先运行 `zhibu migrate {service}`。"
            )
        }
        Refused::Newer { unknown, .. } => {
            format!("{service} 的数据库 {place} 比本程序新（有 {unknown}）。请用新版程序打开。")
        }
        Refused::Migration { name, source, .. } => format!(
            "{service} 的数据库 {place} 没能升级到 {name}（{}），本次升级没有留下任何改动。{}",
            cause(&source),
            advice(service, url)
        ),
        Refused::Scope { reason, .. } => {
            format!("{service} 的数据库 {place} 中的组织读不出（{reason}）。请用备份恢复后再启动。")
        }
    };
    StartError::Database { service, what }
}

fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres")
}

fn advice(service: &str, url: &str) -> String {
    match is_postgres(url) {
        true => {
            format!("请确认 Postgres 已启动，地址、用户和口令正确（{service}.database.url 或 --postgres）。")
        }
        false => "请检查数据目录的权限和剩余空间，以及这个文件是否完好。".to_owned(),
    }
}

/// What the address of a Postgres answers when it takes no connection.
async fn unreached(url: &str) -> Option<String> {
    let (host, port) = host_and_port(url).filter(|_| is_postgres(url))?;
    let reach = TcpStream::connect((host, port));
    match tokio::time::timeout(REACHED_WITHIN, reach).await {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some(format!("{} 秒内没有应答", REACHED_WITHIN.as_secs())),
    }
}

fn host_and_port(url: &str) -> Option<(String, u16)> {
    let place = place(url);
    let authority = place.split_once("://")?.1.split('/').next()?;
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()?),
        _ => (authority, POSTGRES_PORT),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    (!host.is_empty()).then(|| (host.to_owned(), port))
}

/// Where a URL leads: without user, password and options, also where they are not escaped as they should be.
#[must_use]
pub fn place(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.split('?').next().unwrap_or_default().to_owned();
    };
    let bare = |text: &str| text.split(['?', '#']).next().unwrap_or_default().to_owned();
    let place = match (rest.rfind('@'), rest.find('?')) {
        _ if scheme == "sqlite" => bare(rest),
        (None, _) => bare(rest),
        // Where the one ends and the other begins cannot be told: rather nothing than a piece of a password.
        (Some(at), Some(options)) if options < at => "…".to_owned(),
        (Some(at), _) => bare(rest.get(at + 1..).unwrap_or_default()),
    };
    format!("{scheme}://{place}")
}

/// The last cause behind an error: what the system itself says.
#[must_use]
pub fn cause(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(deeper) = last.source() {
        last = deeper;
    }
    last.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_never_shows_a_user_a_password_or_an_option() {
        for (url, shown) in [
            (
                "postgres://u:secret@db:5432/zhibu?sslmode=require",
                "postgres://db:5432/zhibu",
            ),
            ("postgres://u:se/cr@et#x@db/zhibu", "postgres://db/zhibu"),
            ("postgres://db/zhibu?user=a@b&password=secret", "postgres://…"),
            (
                "postgres:///zhibu?host=/run/pg&password=secret",
                "postgres:///zhibu",
            ),
            ("redis://:secret@cache:6379/0", "redis://cache:6379/0"),
            (
                "sqlite:///data@home/member.sqlite?mode=rwc",
                "sqlite:///data@home/member.sqlite",
            ),
            ("sqlite:member.sqlite?mode=rwc", "sqlite:member.sqlite"),
        ] {
            assert_eq!(place(url), shown);
        }
    }

    #[test]
    fn a_host_is_found_with_its_port_or_the_usual_one() {
        let found = |url| host_and_port(url).map(|(host, port)| format!("{host} {port}"));
        assert_eq!(found("postgres://u:p@db:6000/zhibu").as_deref(), Some("db 6000"));
        assert_eq!(found("postgres://db/zhibu").as_deref(), Some("db 5432"));
        assert_eq!(found("postgres://[::1]/zhibu").as_deref(), Some("::1 5432"));
        assert_eq!(found("postgres:///zhibu?host=/run/pg"), None);
    }

    #[tokio::test]
    async fn a_postgres_out_of_reach_is_told_with_its_address_and_cause_and_without_its_password() {
        let url = "postgres://u:secret@127.0.0.1:1/zhibu";
        let settings = DatabaseSettings {
            url: url.to_owned(),
            pool: 1,
            durability: Durability::Test,
        };
        let error = storage::migrate(&database("member", &settings), "member", Vec::new())
            .await
            .expect_err("nobody there");
        let told = refused("member", url, error).await.to_string();
        assert!(
            told.contains("postgres://127.0.0.1:1/zhibu") && told.contains("refused"),
            "{told}"
        );
        assert!(told.contains("--postgres") && !told.contains("secret"), "{told}");
        assert_eq!(told.lines().count(), 1);
    }
}
