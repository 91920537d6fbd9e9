//! `zhibu keys` and `zhibu token`: the key folder and the built-in issuer, for trying it out.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use gateway::tokens::BuiltIn;
use seal::Keyring;

/// Where the keys lie.
#[derive(Debug, clap::Args)]
pub struct KeysArgs {
    /// 数据目录；密钥放在其中的 keys 里
    #[arg(long, value_name = "DIR", default_value = "./.zhibu")]
    data: PathBuf,
}

/// For whom, and how long.
#[derive(Debug, clap::Args)]
pub struct TokenArgs {
    /// 人员编号
    #[arg(long, value_name = "ID")]
    subject: uuid::Uuid,
    /// 密钥所在的数据目录
    #[arg(long, value_name = "DIR", default_value = "./.zhibu")]
    data: PathBuf,
    /// 有效小时数，1 到 720
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u64).range(1..=720))]
    hours: u64,
    /// 只用一种方式登录
    #[arg(long)]
    one_factor: bool,
}

/// Makes the keys where there are none, and says which it is.
#[must_use]
pub fn keys(args: &KeysArgs) -> ExitCode {
    let folder = args.data.join("keys");
    let unusable = |error: &dyn std::fmt::Display| {
        let folder = folder.display();
        format!("密钥目录 {folder} 不能使用（{error}）。请检查权限和内容，或用 --data 换一个目录。")
    };
    let make = || {
        std::fs::create_dir_all(&args.data).map_err(|error| unusable(&error))?;
        let made = Keyring::create(&folder).map_err(|error| unusable(&error))?;
        BuiltIn::open(&folder).map_err(|error| unusable(&error))?;
        Ok(made)
    };
    let made: Result<bool, String> = make();
    say(made.map(|made| {
        let what = if made {
            "已生成新密钥，只供试用"
        } else {
            "密钥已有，没有改动"
        };
        format!("{}：{what}", folder.display())
    }))
}

/// Prints a token of the built-in issuer.
#[must_use]
pub fn token(args: &TokenArgs) -> ExitCode {
    let folder = args.data.join("keys");
    if !folder.is_dir() {
        return say(Err(format!(
            "{} 中没有密钥。请先运行 `zhibu keys`，或用 --data 指明数据目录。",
            folder.display()
        )));
    }
    let life = Duration::from_secs(args.hours * 3600);
    let token = BuiltIn::open(&folder)
        .and_then(|issuer| issuer.token(&args.subject.to_string(), life, !args.one_factor));
    say(token.map_err(|error| error.to_string()))
}

fn say(outcome: Result<String, String>) -> ExitCode {
    match outcome {
        Ok(text) if writeln!(io::stdout(), "{text}").is_ok() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(text) => {
            let _ = writeln!(io::stderr(), "zhibu: {text}");
            ExitCode::FAILURE
        }
    }
}
