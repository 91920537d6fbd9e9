//! The one program of the suite: the demo, one service, and the operator's commands.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub mod county;
pub mod demo;
pub mod evaluate;
pub mod found;
pub mod help;
pub mod import;
pub mod procedures;
pub mod serve;
pub mod services;
pub mod signin;

/// 支部：党支部、组织生活和评星定级。
#[derive(Debug, Parser)]
#[command(name = "zhibu", version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    demo: demo::Args,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 让一个真实的县走完一整年，然后提供服务；不写命令时就是它
    Demo(demo::Args),
    /// 运行一个服务
    Serve(serve::Args),
    /// 把一个服务的数据库升级到本程序的结构
    Migrate(serve::Args),
    /// 建立根组织及首任管理员；只能做一次，此后才有人能登录
    Found(found::Args),
    /// 不需要任何服务，对一个事实文件离线评分
    Evaluate(evaluate::Args),
    /// 不需要任何服务，检查规程定义
    #[command(subcommand)]
    Procedures(procedures::Action),
    /// 经网关导入一个文件中的各行
    Import(import::Args),
    /// 用内置签发者签发令牌，供试用
    Token(signin::TokenArgs),
    /// 生成密钥目录
    Keys(signin::KeysArgs),
}

/// A fifth of what a service computes is small buffers taken and given back, which the system's own allocator makes dear.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let read = help::read(Arguments::command(), std::env::args_os());
    let read = read.and_then(|found| {
        Arguments::from_arg_matches(&found).map_err(|error| (error.render().to_string(), 2))
    });
    let Arguments { command, demo } = match read {
        Ok(arguments) => arguments,
        Err((text, code)) => {
            let _ = match code {
                0 => write!(io::stdout(), "{text}"),
                _ => write!(io::stderr(), "{text}"),
            };
            return ExitCode::from(code);
        }
    };
    match command.unwrap_or(Command::Demo(demo)) {
        Command::Demo(args) => demo::run(&args),
        Command::Serve(args) => serve::serve(&args),
        Command::Migrate(args) => serve::migrate(&args),
        Command::Found(args) => found::run(&args),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Procedures(action) => procedures::run(&action),
        Command::Import(args) => import::run(&args),
        Command::Token(args) => signin::token(&args),
        Command::Keys(args) => signin::keys(&args),
    }
}
