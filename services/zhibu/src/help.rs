//! What the command line says about itself, in Chinese: the help of every command, and why a line is not understood.

use std::{ffi::OsString, fmt::Write as _};

use clap::{
    Arg, ArgAction, Command,
    builder::{PossibleValue, StyledStr},
    error::{ContextKind, ContextValue, ErrorKind},
};

const TEMPLATE: &str = "{about}\n\n用法：{usage}\n\n{all-args}";

/// Reads a command line; says why not, or the help that was asked for, with the code of the process.
pub fn read(
    command: Command,
    line: impl IntoIterator<Item = OsString>,
) -> Result<clap::ArgMatches, (String, u8)> {
    in_chinese(command)
        .try_get_matches_from(line)
        .map_err(|error| match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => (help(&error), 0),
            // The command was left out: the help says which there are.
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => (help(&error), 2),
            _ => (format!("zhibu: {}\n", why(&error)), 2),
        })
}

fn help(error: &clap::Error) -> String {
    error.render().to_string().replace("[OPTIONS]", "[选项]")
}

/// The same command with its help in Chinese; what clap would add in English is a part of each text.
#[must_use]
pub fn in_chinese(command: Command) -> Command {
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help);
    let command = command
        .help_template(TEMPLATE)
        .subcommand_help_heading("命令")
        .subcommand_value_name("命令")
        .disable_help_subcommand(true)
        .disable_help_flag(true)
        .arg(help.help("显示本帮助").global(false))
        .mut_args(argument)
        .mut_subcommands(in_chinese);
    match command.get_version() {
        None => command,
        Some(_) => {
            let version = Arg::new("version")
                .short('V')
                .long("version")
                .action(ArgAction::Version);
            command
                .disable_version_flag(true)
                .arg(version.help("显示版本").help_heading("选项"))
        }
    }
}

fn argument(arg: Arg) -> Arg {
    let heading = if arg.is_positional() { "参数" } else { "选项" };
    let mut help = arg.get_help().map(StyledStr::to_string).unwrap_or_default();
    let defaults: Vec<_> = arg
        .get_default_values()
        .iter()
        .map(|value| value.to_string_lossy())
        .collect();
    let takes = arg.get_action().takes_values();
    if takes && !defaults.is_empty() {
        let _ = write!(help, "（默认 {}）", defaults.join(" "));
    }
    let words: Vec<_> = arg
        .get_possible_values()
        .iter()
        .map(PossibleValue::get_name)
        .map(str::to_owned)
        .collect();
    if takes && !words.is_empty() {
        let _ = write!(help, "：{}", words.join("、"));
    }
    if let Some(name) = arg.get_env() {
        let _ = write!(help, "（或环境变量 {}）", name.to_string_lossy());
    }
    arg.help(help)
        .help_heading(heading)
        .hide_default_value(takes)
        .hide_possible_values(takes)
        .hide_env(takes)
}

/// Why a line is not understood, and where the help is.
fn why(error: &clap::Error) -> String {
    let said = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join("、"),
        Some(ContextValue::StyledStr(text)) => text.to_string(),
        _ => String::new(),
    };
    let (argument, value) = (said(ContextKind::InvalidArg), said(ContextKind::InvalidValue));
    let words = match said(ContextKind::ValidValue) {
        words if words.is_empty() => words,
        words => format!("，可以是 {words}"),
    };
    let what = match error.kind() {
        ErrorKind::UnknownArgument => format!("不认识参数 {argument}。"),
        ErrorKind::InvalidSubcommand => format!("没有命令 {}。", said(ContextKind::InvalidSubcommand)),
        ErrorKind::MissingSubcommand => "没有写要执行的命令。".to_owned(),
        ErrorKind::MissingRequiredArgument => format!("缺少 {argument}。"),
        ErrorKind::InvalidValue if value.is_empty() => format!("{argument} 后面没有写值{words}。"),
        ErrorKind::InvalidValue => format!("{argument} 不能是 {value:?}{words}。"),
        ErrorKind::ValueValidation => {
            let cause = std::error::Error::source(error).map(wanted);
            format!("{argument} 不能是 {value:?}{}。", cause.unwrap_or_default())
        }
        ErrorKind::ArgumentConflict if said(ContextKind::PriorArg) == argument => {
            format!("{argument} 只能写一次。")
        }
        ErrorKind::ArgumentConflict => {
            format!("{argument} 不能与 {} 同用。", said(ContextKind::PriorArg))
        }
        ErrorKind::InvalidUtf8 => "命令行中有不是 UTF-8 的字符。".to_owned(),
        _ => format!("命令行不能识别（{}）。", error.kind()),
    };
    format!("{what}用法见 --help。")
}

/// What a value should be, from what its reader says that it is not.
fn wanted(cause: &(dyn std::error::Error + 'static)) -> String {
    if cause.is::<uuid::Error>() {
        return "，应是 36 个字符的编号，如 01a21bed-e6a8-7100-9220-f731242d2bed".to_owned();
    }
    if cause.is::<http::uri::InvalidUri>() {
        return "，应写作 http://主机:端口".to_owned();
    }
    let cause = cause.to_string();
    match (cause.as_str(), cause.split_once(" is not in ")) {
        ("invalid socket address syntax", _) => "，应写作 IP:端口，如 127.0.0.1:8080".to_owned(),
        ("invalid digit found in string" | "number too large to fit in target type", _) => {
            format!("，应是 0 至 {} 的整数", u64::MAX)
        }
        (_, Some((_, range))) => format!("，应在 {} 之间", range.replace("..=", " 至 ")),
        _ => format!("（{cause}）"),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::Arguments;

    fn told(line: &[&str]) -> (String, u8) {
        let line = ["zhibu"].iter().chain(line).map(OsString::from);
        read(Arguments::command(), line).expect_err("told")
    }

    /// Every command with the words that lead to it.
    fn all(command: &Command, to: &[String]) -> Vec<Vec<String>> {
        let mut found = vec![to.to_vec()];
        for one in command.get_subcommands() {
            let to: Vec<String> = to.iter().cloned().chain([one.get_name().to_owned()]).collect();
            found.extend(all(one, &to));
        }
        found
    }

    #[test]
    fn the_help_of_every_command_is_chinese() {
        for words in all(&Arguments::command(), &[]) {
            let line: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
            let (help, code) = told(&line);
            assert_eq!(code, 0, "{line:?}");
            for text in help.lines().filter(|text| !text.trim().is_empty()) {
                let own = text.trim_start();
                let named = own.starts_with(|first: char| {
                    first == '-' || first == '<' || first == '[' || !first.is_ascii()
                });
                let explained = !own.is_ascii();
                assert!(explained || named, "{line:?}: {text}");
            }
            for english in [
                "Usage",
                "Options",
                "Commands",
                "Arguments",
                "OPTIONS",
                "default:",
                "possible values",
                "env:",
            ] {
                assert!(!help.contains(english), "{line:?}: {help}");
            }
        }
    }

    #[test]
    fn a_line_that_is_not_understood_is_told_in_one_chinese_line() {
        for (line, word) in [
            (&["demo", "--sed", "1"][..], "--sed"),
            (&["demo", "--seed"], "--seed"),
            (&["demo", "--seed", "x"], "\"x\"，应是 0 至"),
            (&["demo", "--seed", "1", "--seed", "2"], "只能写一次"),
            (&["demo", "--listen", "8080"], "，应写作 IP:端口"),
            (&["evaluate"], "--facts"),
            (&["improt"], "improt"),
            (
                &["import", "people", "f", "--organization", "x"],
                "organizations、",
            ),
            (&["token", "--subject", "x"], "\"x\"，应是 36 个字符的编号"),
            (&["token", "--hours", "0"], "\"0\"，应在 1 至 720 之间"),
            (&["found", "--api", "a b"], "应写作 http://"),
            (&["found", "--external-id", "x"], "应写作 系统:编号"),
            (&["token", "--subject", "x", "--subject", "y"], "--subject"),
        ] {
            let (text, code) = told(line);
            assert_eq!((text.lines().count(), code), (1, 2), "{line:?}: {text}");
            assert!(
                text.starts_with("zhibu: ") && text.contains(word),
                "{line:?}: {text}"
            );
            assert!(text.contains("--help"), "{text}");
        }
    }
}
