//! Why the demo stops: always one clear line.

use std::{fmt::Display, path::PathBuf};

use runtime::StartError;
use tonic::Status;
use tonic_types::StatusExt;

/// The reason of a service whose disk is full.
const FULL: &str = "STORE_FULL";

/// Why the demo stops.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The county file cannot be read.
    #[error("县域文件 {0}：{1}")]
    CountyFile(PathBuf, String),
    /// The data folder holds another county, seed or year.
    #[error("数据目录 {0} 中是另一次演示（{1}）。请换一个 --data 目录，或用原来的 --county 和 --seed。")]
    OtherDemo(PathBuf, String),
    /// Its data are not where this start looks for them.
    #[error("数据目录 {0} 中的演示{1}。请照原来的方式启动（有或没有 --postgres），或换一个 --data 目录。")]
    OtherStore(PathBuf, String),
    /// A database of the demo is no more.
    #[error("演示的数据库 {0} 不见了。请用备份恢复，或换一个 --data 目录重新开始。")]
    FileGone(PathBuf),
    /// The folder is new, its database is not.
    #[error(
        "数据库中已有另一次演示，而数据目录 {0} 是新的。请用原来的 --data 目录接着走，或换一个空的数据库。"
    )]
    DatabaseInUse(PathBuf),
    /// The data folder is something else.
    #[error("--data {0} 不是目录。请换一个目录，或一个还不存在的路径。")]
    NotAFolder(PathBuf),
    /// A file of the data folder cannot be read or written.
    #[error(
        "数据目录中的 {0} 不能使用（{1}）。请检查权限和剩余空间；文件已损坏的，换一个 --data 目录重新开始。"
    )]
    Folder(PathBuf, String),
    /// There is no room left on the disk.
    #[error("数据目录 {0} 所在的磁盘已满。已确认的内容没有丢失，请腾出空间后再次启动，从停下的地方接着走。")]
    Full(PathBuf),
    /// The suite does not start.
    #[error(transparent)]
    Suite(#[from] StartError),
    /// Something that the driver needs is not to be had.
    #[error("{0}")]
    Start(String),
    /// A process of a service ended by itself.
    #[error("服务 {0} 的进程意外结束。已确认的内容没有丢失，请再次启动，从停下的地方接着走。")]
    Lost(String),
    /// A call was refused.
    #[error("{what}：{reason} {zh}")]
    Refused {
        /// What was called.
        what: String,
        /// The reason code.
        reason: String,
        /// The Chinese sentence of the service.
        zh: String,
    },
    /// Rows of an import were not taken.
    #[error("{what}：有 {many} 行未能导入，第一行：第 {line} 行 {field} {reason} {zh}")]
    Rows {
        /// What was imported.
        what: String,
        /// How many rows.
        many: usize,
        /// The first one's line.
        line: u32,
        /// Its field.
        field: String,
        /// Its reason.
        reason: String,
        /// The sentence.
        zh: String,
    },
    /// An answer lacks what it promises.
    #[error("{0}")]
    Answer(String),
}

impl DemoError {
    /// A call that was refused.
    pub fn refused(what: impl Display, status: &Status) -> Self {
        let fields = status.get_error_details().bad_request().map(|bad| {
            let all = bad.field_violations.iter();
            all.map(|wrong| format!("（{} {}）", wrong.field, wrong.description))
                .collect::<String>()
        });
        let reason = reason(status);
        let zh = match reason.as_str() {
            // What the service says is for programs, which hold the request and its key.
            FULL => "磁盘已满。已确认的内容没有丢失，请腾出空间后再做一次，做过的不会重复。".to_owned(),
            _ => format!("{}{}", status.message(), fields.unwrap_or_default()),
        };
        Self::Refused {
            what: what.to_string(),
            reason,
            zh,
        }
    }

    /// The code with which the process ends (sysexits.h).
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Suite(error) => error.exit_code(),
            Self::CountyFile(..) => 66,
            Self::Full(..) => 73,
            Self::Refused { reason, .. } if reason == FULL => 73,
            Self::Folder(..) | Self::NotAFolder(..) | Self::FileGone(..) => 74,
            Self::OtherDemo(..) | Self::OtherStore(..) | Self::DatabaseInUse(..) => 78,
            _ => 1,
        }
    }

    /// An answer that lacks something.
    pub fn answer(what: impl Display) -> Self {
        Self::Answer(what.to_string())
    }
}

/// The reason code of a refusal; the gRPC code where there is none.
#[must_use]
pub fn reason(status: &Status) -> String {
    status
        .get_error_details()
        .error_info()
        .map_or_else(|| format!("{:?}", status.code()), |info| info.reason.clone())
}

/// What a refusal with a certain reason tells under a name.
#[must_use]
pub fn told(status: &Status, why: &str, name: &str) -> Option<String> {
    let details = status.get_error_details();
    let info = details.error_info().filter(|info| info.reason == why)?;
    info.metadata.get(name).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_of_a_service_is_told_to_a_person_and_not_to_a_program() {
        let refusal = kernel::Refusal::new(kernel::Kind::Unavailable, FULL, "请用同一请求编号重试。");
        let error = DemoError::refused("导入", &wire::status(refusal.into()));
        let told = error.to_string();
        assert!(told.contains("磁盘已满") && !told.contains("请求编号"), "{told}");
        assert_eq!(error.exit_code(), 73);
    }
}
