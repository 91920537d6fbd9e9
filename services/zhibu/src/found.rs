//! `zhibu found`: the first organization and its first administrators, directly at organization, since nobody can sign
//! in before. Whoever holds the program's key may do so, once.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use access::Issuer;
use proto::{
    kernel::v1::ExternalId,
    organization::v1::{
        FoundRootRequest, Level, organization_service_client::OrganizationServiceClient as Organization,
    },
};
use runtime::Link;
use seal::Keyring;

use crate::demo::{
    error::{DemoError, reason},
    suite::DRIVER,
};

const LEVELS: [&str; 3] = ["province", "city", "county"];

/// Which organization, and who begins.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// 根组织的全称
    #[arg(long, value_name = "NAME")]
    name: String,
    /// 根组织的层级
    #[arg(long, value_parser = LEVELS)]
    level: String,
    /// 成立日期，写作 1949-10-01
    #[arg(long, value_name = "DATE")]
    founded_on: String,
    /// 根组织在外部系统中的编号，写作 系统:编号
    #[arg(long, value_name = "SYSTEM:VALUE", value_parser = external)]
    external_id: Elsewhere,
    /// 首任安全管理员的人员编号，由其授予其他角色
    #[arg(long, value_name = "ID")]
    security: uuid::Uuid,
    /// 首任组织部门经办人的人员编号，由其导入组织和党员
    #[arg(long, value_name = "ID")]
    org_dept: uuid::Uuid,
    /// organization 服务的地址
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:50051")]
    api: http::Uri,
    /// 密钥所在的数据目录
    #[arg(long, value_name = "DIR", default_value = "./.zhibu")]
    data: PathBuf,
}

/// An id of another system.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Elsewhere {
    system: String,
    value: String,
}

fn external(text: &str) -> Result<Elsewhere, String> {
    match text.split_once(':') {
        Some((system, value)) if !system.is_empty() && !value.is_empty() => Ok(Elsewhere {
            system: system.to_owned(),
            value: value.to_owned(),
        }),
        _ => Err("应写作 系统:编号，例如 division:610323".to_owned()),
    }
}

/// Founds the root and prints its id. Sent again it changes nothing and prints the same.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    let told = match found(args) {
        Ok(id) => writeln!(io::stdout(), "{id}"),
        Err(text) => writeln!(io::stderr(), "zhibu: {text}").and(Err(io::ErrorKind::Other.into())),
    };
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn found(args: &Args) -> Result<String, String> {
    let folder = args.data.join("keys");
    let keys = Keyring::load(&folder).map_err(|error| {
        let folder = folder.display();
        format!("密钥目录 {folder} 不能使用（{error}）。请用 --data 指明服务所用密钥的数据目录。")
    })?;
    let level = match args.level.as_str() {
        "province" => Level::Province,
        "city" => Level::City,
        _ => Level::County,
    };
    let request = FoundRootRequest {
        name: args.name.clone(),
        level: level.into(),
        founded_on: args.founded_on.clone(),
        external_id: Some(ExternalId {
            system: args.external_id.system.clone(),
            value: args.external_id.value.clone(),
        }),
        security_subject: args.security.to_string(),
        org_dept_subject: args.org_dept.to_string(),
    };
    let runtime = crate::serve::tokio_with(1).map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let issuer = Issuer::new(DRIVER, Arc::new(keys));
        let link = Link::remote(organization::NAME, vec![args.api.clone()], Some(issuer));
        let answer = Organization::new(link).found_root(request).await;
        let answer = answer.map_err(|status| match reason(&status).as_str() {
            "PEER_UNAVAILABLE" => format!(
                "{} 没有应答。请确认 organization 服务已启动，地址（--api）写作 http://主机:端口。",
                args.api
            ),
            _ => DemoError::refused("建立根组织", &status).to_string(),
        })?;
        Ok(answer.into_inner().organization.unwrap_or_default().id)
    })
}
